import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { incidentEvent, pushBody } from '../../tools/events/push.ts';
import { concurrently } from '../support/concurrently.ts';
import { expectFine, expectRecovery, expectUnavailable } from '../support/lead-answers.ts';
import { startLead } from '../support/lead-process.ts';
import { blocked, lockDirectory, startLeadSystems } from '../support/lead-system.ts';

const systems = startLeadSystems();

afterAll(() => systems.close());

concurrently('look-ups of a second that come at once wait for a connection and share it: none is refused', async () => {
  const here = await systems.open();
  await here.owner.query(`create function slowly() returns boolean language sql volatile as
      'select true from pg_sleep(1)';
    create or replace view alaner_directory (slack_id, email, roles) as
      select slack_id, email, array['AlanToolsBackendIamManager'] from alaner where slowly()`);
  const first = [here.send(), here.send()];
  await sleep(200);
  const answers = await Promise.all([...first, ...Array.from({ length: 10 }, here.send)]);
  for (const answered of answers) expectFine(answered);
});

concurrently('four hosts of which the last alone is alive: found within the first look-up', async () => {
  const { readerUrl } = await systems.postgres;
  const { hostname, port, username, password, pathname } = new URL(readerUrl);
  const dead = ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3'].join();
  const DATABASE_URL = `postgres://${username}:${password}@${dead},${hostname}:${port}${pathname}`;
  const lead = await startLead({ DATABASE_URL });
  systems.onClose(() => lead.stop());
  const answered = await lead.send(pushBody(incidentEvent(), { messageId: 'four-hosts' }));
  expect(answered).toMatchObject({ status: 204, lines: [{ metadata: { outcome: 'lead_without_role' } }] });
});

concurrently('down at the start, then up', async () => {
  const here = await systems.open({ mode: 'refuse' });
  expectUnavailable(await here.send(), 'ECONNREFUSED');
  await here.proxy.set('pass');
  await expectRecovery(here);
});

concurrently('silent from the start, then up', async () => {
  const here = await systems.open({ mode: 'swallow' });
  expectUnavailable(await here.send(), /connect_timeout|deadline/);
  await here.proxy.set('pass');
  await expectRecovery(here);
});

concurrently('silent under open connections, then answering on new ones alone', async () => {
  const here = await systems.open({ env: { DB_POOL_MAX: '8' } });
  for (let round = 0; round < 8; round += 1) expectFine(await here.send());
  await here.proxy.set('swallow');
  const all = await Promise.all(Array.from({ length: 8 }, here.send));
  for (const answered of all) expectUnavailable(answered, /./);
  await here.proxy.set('pass');
  await expectRecovery(here);
});

concurrently('half-open connections: the read is tried once more on a new one', async () => {
  const here = await systems.open();
  expectFine(await here.send());
  const before = here.proxy.accepted;
  await here.proxy.set('swallow');
  const answering = here.send();
  await sleep(1_000);
  // What was swallowed does not come back: the connection that is open stays silent.
  await here.proxy.set('pass');
  expectFine(await answering);
  expect(here.proxy.accepted).toBeGreaterThan(before);
});

concurrently('a user who is not let in, then without a grant, then with it', async () => {
  const { ownerUrl, readerUrl } = await systems.postgres;
  const admin = new pg.Client({ connectionString: ownerUrl });
  await admin.connect();
  await admin.query("create role newcomer login password 'another'");
  const { href } = Object.assign(new URL(readerUrl), { username: 'newcomer', password: 'hunter2' });
  const lead = await startLead({ DATABASE_URL: href });
  systems.onClose(() => lead.stop());
  const body = pushBody(incidentEvent(), { messageId: 'newcomer' });
  expectUnavailable(await lead.send(body), '28P01');
  await admin.query("alter role newcomer password 'hunter2'");
  expectUnavailable(await lead.send(body), '42501');
  await admin.query('grant alaner_directory_reader to newcomer');
  expect(await lead.send(body)).toMatchObject({ status: 204, lines: [{ metadata: { outcome: 'lead_without_role' } }] });
  await admin.end();
  expect(JSON.stringify(lead.lines)).not.toContain('hunter2');
});

concurrently('SIGTERM with look-ups in flight: all are answered, then it ends with 0', async () => {
  const here = await systems.open();
  const lock = await lockDirectory(here);
  const body = pushBody(incidentEvent());
  const answers = Array.from({ length: 5 }, () => fetch(here.lead.url, { method: 'POST', body }));
  await blocked(here);
  // Answered at once, so all that came before it are in flight.
  await here.lead.send(pushBody(incidentEvent({ status: 'live' })));
  process.kill(here.lead.pid, 'SIGTERM');
  await sleep(300);
  await lock.release();
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(5).fill(204));
  expect(await here.lead.exited).toBe(0);
  expect(here.lead.errors).toEqual([]);
});
