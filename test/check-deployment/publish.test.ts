import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { deploymentOf } from '../../tools/check-deployment/deployment.ts';
import { type DeployedSystem, startDeployedSystem } from './deployed-system.ts';

let system: DeployedSystem;
beforeAll(async () => {
  system = await startDeployedSystem();
}, 60_000);
afterAll(() => system?.stop());
beforeEach(() => system.reset());

describe('check-deployment --publish', () => {
  it.each([
    ['whom to name', [], '--publish needs --lead'],
    ['to be told yes', ['--lead', 'U01LEAD'], 'nothing was published'],
  ])('wants %s', async (_, args, expected) => {
    const { code, stderr } = await system.run('--publish', ...args);
    expect(stderr).toContain(expected);
    expect(code).toBe(2);
    expect(system.google.published).toEqual([]);
  });

  it('says who gets the event, publishes it twice, and finds one line', async () => {
    const { code, stdout } = await system.run('--publish', '--lead', 'U01LEAD', '--yes', '--wait', '16');
    expect(stdout).toContain('Every subscriber gets both: archive, incident-lead.');
    expect(stdout).toMatch(/✓ one line +two deliveries, one line, insertId [\w-]{43}/);
    expect(code).toBe(0);
    expect(system.google.published).toHaveLength(2);
  });

  it('finds a line that is shown twice', async () => {
    system.state.dropsDuplicates = false;
    const { code, stdout } = await system.run('--publish', '--lead', 'U01LEAD', '--yes', '--wait', '16');
    expect(stdout).toContain('✗ one line         2 lines for one event');
    expect(code).toBe(1);
  });

  it('says what may be wrong where no line comes', async () => {
    const { code, stdout } = await system.run('--publish', '--lead', 'U02MANAGER', '--yes', '--wait', '1');
    expect(stdout).toMatch(/no line within 1 s\s+Is the lead an alaner without the role\?/);
    expect(code).toBe(1);
  });
});

describe('the names that it expects', () => {
  const folder = join(import.meta.dirname, '..', '..', 'terraform');
  const code = ['incident-events', 'dead-letters', 'incident-lead', 'incident-webhook', 'signing-secret']
    .map((file) => readFileSync(join(folder, `${file}.tf`), 'utf8'))
    .join('\n');
  const { topic, webhook, lead, secret } = deploymentOf('p', 'r');

  it.each([topic, webhook, lead, secret].map((name) => basename(name)))('%s is made by Terraform', (name) => {
    expect(code).toMatch(new RegExp(`(?:name|secret_id) += "${name}"`));
  });
});
