import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import pg from 'pg';
import { type LocalPostgres, startPostgres } from '../../../tools/services/postgres/postgres.ts';
import { alive, commandLine, descendantsOf, processes } from '../../support/processes.ts';

jest.setTimeout(60_000);

const ROOT = process.getuid?.() === 0;
const EMAILS = ['ada@example.com', 'grace@example.com', 'lisa@example.com'];

async function query<T>(connectionString: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe('the embedded PostgreSQL starts whatever the shell says, and leaves nothing behind:', () => {
  let temp: string;

  beforeAll(() => {
    // Not in os.tmpdir(): that may be a folder that the server's user may not enter.
    temp = mkdtempSync('/tmp/postgres-test-');
    chmodSync(temp, 0o755);
  });

  afterAll(() => rmSync(temp, { recursive: true, force: true }));

  /** @returns where the data was. */
  const start = async (env: Record<string, string>): Promise<string> => {
    const script = join(import.meta.dirname, 'start-postgres.ts');
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], { env });
    expect(stderr).toBe('');
    const { data, emails } = JSON.parse(stdout);
    expect(emails).toEqual(EMAILS);
    expect(existsSync(dirname(data))).toBe(false);
    return data;
  };

  it('a long TMPDIR with blanks and signs', async () => {
    const TMPDIR = join(temp, `a 'b' #c %20 é 雪 ${'x'.repeat(200)}`);
    mkdirSync(TMPDIR);
    expect(await start({ TMPDIR })).toContain(TMPDIR);
    expect(readdirSync(TMPDIR)).toEqual([]);
  });

  it('a TMPDIR with what a shell would read', async () => {
    const TMPDIR = join(temp, 'a "b" $HOME `c`');
    mkdirSync(TMPDIR);
    await start({ TMPDIR });
    expect(readdirSync(TMPDIR)).toEqual([]);
  });

  it('a TMPDIR that does not exist', async () => {
    await start({ TMPDIR: join(temp, 'gone') });
  });

  it('a TMPDIR that only its owner may enter', async () => {
    const TMPDIR = join(temp, 'closed');
    mkdirSync(TMPDIR, { mode: 0o700 });
    const data = await start({ TMPDIR });
    // Root's server runs as another user.
    expect(data.startsWith(TMPDIR)).toBe(!ROOT);
    expect(readdirSync(TMPDIR)).toEqual([]);
  });

  it('a TMPDIR where others could put a folder of their own in place of ours', async () => {
    const TMPDIR = join(temp, 'open');
    mkdirSync(TMPDIR);
    chmodSync(TMPDIR, 0o777);
    expect(await start({ TMPDIR })).not.toContain(TMPDIR);
  });

  it('PG variables, and a locale that is not installed', async () => {
    await start({
      ...{ PGSSLMODE: 'require', PGSSLNEGOTIATION: 'direct', PGOPTIONS: '-c search_path=nope', PGDATA: '/nowhere' },
      ...{ PGHOST: 'nowhere', PGPORT: '1', PGUSER: 'me', PGPASSWORD: 'no', PGDATABASE: 'no', PGPASSFILE: '/no' },
      ...{ PGCLIENT_ENCODING: 'no', PGREPLICATION: 'true', PGCONNECT_TIMEOUT: 'no', LC_ALL: 'xx_XX.UTF-8', TZ: 'no' },
      TMPDIR: temp,
    });
  });
});

describe('the embedded PostgreSQL', () => {
  const notices: string[] = [];
  let postgres: LocalPostgres;
  let folder: string;
  const serverPid = () => descendantsOf(process.pid).find((pid) => commandLine(pid).includes(`-D ${folder}`)) ?? 0;

  beforeAll(async () => {
    postgres = await startPostgres({ onRestart: (sentence) => notices.push(sentence), onLost: () => {} });
    const [data] = await query<{ data_directory: string }>(postgres.ownerUrl, 'show data_directory');
    folder = dirname(data?.data_directory ?? '');
  });

  it('shows its passwords to no other user', () => {
    const passwords = [postgres.ownerUrl, postgres.readerUrl].map((url) => new URL(url).password);
    expect(new Set(passwords).size).toBe(2);
    for (const line of processes().map(commandLine)) {
      for (const password of passwords) expect(line).not.toContain(password);
    }
    expect(readdirSync(folder).filter((name) => !statSync(join(folder, name)).isDirectory())).toEqual([]);
  });

  it.each(['local', 'password', ''])('lets nobody in with the password "%s"', async (password) => {
    const url = Object.assign(new URL(postgres.ownerUrl), { password }).href;
    await expect(query(url, 'select 1')).rejects.toThrow(/password/);
  });

  it('listens on loopback alone, and on no Unix socket', async () => {
    expect(await query(postgres.ownerUrl, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await query(postgres.ownerUrl, 'show unix_socket_directories')).toEqual([{ unix_socket_directories: '' }]);
  });

  it('keeps its folder from other users', () => {
    expect(statSync(folder).mode & 0o777).toBe(ROOT ? 0o750 : 0o700);
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
  });

  it('does not run as root', () => {
    expect(readFileSync(`/proc/${serverPid()}/status`, 'utf8')).not.toMatch(/^Uid:.*\b0\b/m);
  });

  it('starts again with the same data when it is killed, and says so', async () => {
    await query(postgres.ownerUrl, 'create table kept as select 1 as one');
    process.kill(serverPid(), 'SIGKILL');
    const until = performance.now() + 20_000;
    let rows: unknown[] = [];
    while (rows.length === 0 && performance.now() < until)
      rows = await query(postgres.ownerUrl, 'select * from kept').catch(() => sleep(50, []));
    expect(rows).toEqual([{ one: 1 }]);
    expect(notices).toEqual([expect.stringMatching(/^PostgreSQL was killed \(SIGKILL\).*again with the same data$/)]);
  });

  it('leaves nothing behind, even if what would clean up after this process is gone', async () => {
    const pids = descendantsOf(process.pid).filter((pid) => commandLine(pid).includes('postgres'));
    process.kill(pids.find((pid) => commandLine(pid).includes('reaper.ts')) ?? 0, 'SIGKILL');
    await postgres.stop();
    expect(alive(pids)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });
});

it('the embedded PostgreSQL ends with whoever started it, and leaves nothing behind', async () => {
  const starter = spawn(process.execPath, [join(import.meta.dirname, 'start-postgres.ts'), 'stay']);
  const [line] = await once(createInterface(starter.stdout), 'line');
  const pids = descendantsOf(starter.pid ?? 0);
  starter.kill('SIGKILL');
  const until = performance.now() + 20_000;
  while (alive(pids).length > 0 && performance.now() < until) await sleep(50);
  expect(alive(pids)).toEqual([]);
  expect(existsSync(dirname(JSON.parse(line).data))).toBe(false);
});
