import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Right {
  readonly reason: string;
  readonly for: readonly string[];
}

interface DeployerRoles {
  readonly roles: Readonly<Record<string, Right>>;
  readonly grantable: readonly string[];
  readonly bucket_creator: Right;
  readonly database_user: Right;
}

const MODULE = join(import.meta.dirname, '..', '..', 'terraform');
const code = readdirSync(MODULE)
  .filter((file) => file.endsWith('.tf'))
  .map((file) => readFileSync(join(MODULE, file), 'utf8'))
  .join('\n');
const list = parse(readFileSync(join(MODULE, 'bootstrap', 'deployer-roles.yaml'), 'utf8')) as DeployerRoles;
const rights = [...Object.values(list.roles), list.bucket_creator, list.database_user];

/** Every kind of resource or data source that the main module asks Google for. */
const kinds = new Set(
  [...code.matchAll(/^(resource|data) "(google_\w+)"/gm)].map(([, block, kind]) =>
    block === 'data' ? `data.${kind}` : `${kind}`,
  ),
);

describe('the roles of the deployer', () => {
  it.each([...kinds])('cover %s', (kind) => {
    expect(rights.filter((right) => right.for.includes(kind))).not.toEqual([]);
  });

  it('are there for nothing that the module no longer has', () => {
    expect(rights.flatMap((right) => right.for).filter((kind) => !kinds.has(kind))).toEqual([]);
  });

  it('each have a reason, and none is a basic one', () => {
    for (const { reason } of rights) expect(reason).toMatch(/\w+ \w+ \w+/);
    expect(Object.keys(list.roles).filter((role) => /^roles\/(?:owner|editor|viewer)$/.test(role))).toEqual([]);
  });

  it('let it give on the project what the module gives there, and no more', () => {
    const given = [...code.matchAll(/^resource "google_project_iam_member" .+?^ {2}role += "(.+?)"/gms)];
    expect([...list.grantable].sort()).toEqual([...new Set(given.map(([, role]) => role))].sort());
  });
});
