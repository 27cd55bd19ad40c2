import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeServerFolder, nativeFolder, serverUser } from '../../../tools/services/postgres/server-folder.ts';

const user = serverUser();
let checkout: string;

/** A package of binaries below a folder of some name and mode. */
async function install(name: string, mode: number): Promise<string> {
  const folder = join(checkout, name);
  mkdirSync(folder);
  cpSync(await nativeFolder(), join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  chmodSync(folder, mode);
  return join(folder, 'native');
}

beforeEach(() => {
  // Not in os.tmpdir(): that may be a folder that the server's user may not enter.
  checkout = mkdtempSync('/tmp/server-folder-');
  chmodSync(checkout, 0o755);
});

afterEach(() => rmSync(checkout, { recursive: true, force: true }));

it.each([
  ['closed', 0o700, user !== undefined],
  ['open', 0o755, false],
  ['"quoted" $HOME', 0o755, true],
])('has the server user run binaries of a folder that is %s', async (name, mode, copied) => {
  const native = await install(name, mode);
  const folder = await makeServerFolder(user, native);
  try {
    expect(folder.bin).toBe(join(copied ? join(folder.path, 'native') : native, 'bin'));
    const options = { cwd: '/', uid: user?.uid, gid: user?.gid };
    expect(String(execFileSync(join(folder.bin, 'postgres'), ['--version'], options))).toMatch(
      /^postgres \(PostgreSQL\)/,
    );
    expect(statSync(folder.path).mode & 0o777).toBe(user ? 0o750 : 0o700);
    expect(statSync(folder.data)).toMatchObject({ uid: user?.uid ?? process.getuid?.() });
    for (const path of copied ? ['.', 'native', 'native/bin', 'native/bin/postgres', 'native/lib'] : ['.']) {
      const { uid, mode } = statSync(join(folder.path, path));
      expect([path, uid, mode & 0o022]).toEqual([path, process.getuid?.(), 0]);
    }
  } finally {
    rmSync(folder.path, { recursive: true });
  }
});

it('says in one line what to do where nothing will do, and leaves nothing behind', async () => {
  const native = await install('closed', 0o700);
  const nobody = { name: 'nobody', uid: process.getuid?.() === 0 ? 4_294_967_294 : 1, gid: 1 };
  rmSync(join(native, 'bin', 'postgres'));
  const failure = await makeServerFolder(nobody, native).catch((error: Error) => error.message);
  expect(failure).toMatch(
    /^there is no place for its files \(\/.*: .*; .*\)\. As root cannot .* or set DATABASE_URL\.$/,
  );
  const [, folder = ''] = /'(\/[^']*incident-lead-postgres-\w+)/.exec(String(failure)) ?? [];
  expect(existsSync(folder)).toBe(false);
});
