import { setTimeout as sleep } from 'node:timers/promises';
import { ADA, incidentEvent, pushBody } from '../../tools/events/push.ts';
import { ANSWER_SECONDS, expectFine, expectRecovery, expectUnavailable } from '../support/lead-answers.ts';
import type { Answered } from '../support/lead-process.ts';
import {
  blocked,
  type LeadSystem,
  lockDirectory,
  startLeadSystems,
  terminateConnections,
} from '../support/lead-system.ts';

const systems = startLeadSystems();

afterAll(() => systems.close());

describe('one function, through one fault after the other', () => {
  let here: LeadSystem;
  beforeAll(async () => {
    here = await systems.open();
  });
  beforeEach(async () => expectFine(await here.send()));
  afterEach(async () => {
    // What a test that failed has left, so that the next one tells its own story.
    await here.owner.query('rollback');
    await here.proxy.set('pass');
    await expectRecovery(here);
  });

  it('refused, then up', async () => {
    await here.proxy.set('refuse');
    expectUnavailable(await here.send(), 'ECONNREFUSED');
    await here.proxy.set('pass');
  });

  it('reset between requests: nothing visible', async () => {
    for (let round = 0; round < 5; round += 1) {
      here.proxy.cut();
      expectFine(await here.send());
    }
  });

  it('reset under load', async () => {
    const all = Promise.all(Array.from({ length: 40 }, here.send));
    here.proxy.cut();
    for (const answered of await all) {
      if (answered.status !== 204) expectUnavailable(answered, /./);
    }
  });

  it('idle connections terminated by the server: a warning, and the next message is fine', async () => {
    await terminateConnections(here);
    while (here.lead.lines.at(-1)?.severity !== 'WARNING') await sleep(5);
    expect(here.lead.lines.at(-1)).toMatchObject({ metadata: { reason: '57P01' } });
    expectFine(await here.send());
  });

  it('an active connection terminated by the server: tried once more', async () => {
    const lock = await lockDirectory(here);
    const answering = here.send();
    await blocked(here);
    await terminateConnections(here);
    await lock.release();
    expectFine(await answering);
  });

  it('active connections terminated again and again: 503 in time', async () => {
    const lock = await lockDirectory(here);
    const answering = here.send();
    for (let time = 0; time < 2; time += 1) {
      await blocked(here);
      await terminateConnections(here);
    }
    expectUnavailable(await answering, '57P01');
    await lock.release();
  });

  it('no connection left at the server, then one', async () => {
    const { rows } = await here.owner.query('select current_database() as name');
    await here.owner.query(`alter database ${rows[0].name} connection limit 0`);
    here.proxy.cut();
    expectUnavailable(await here.send(), '53300');
    await here.owner.query(`alter database ${rows[0].name} connection limit -1`);
  });

  it('no view, then one', async () => {
    await here.owner.query('alter view alaner_directory rename to elsewhere');
    expectUnavailable(await here.send(), '42P01');
    await here.owner.query('alter view elsewhere rename to alaner_directory');
    expectFine(await here.send());
  });

  it('no line for any lead of the message, not even for one without a Slack id', async () => {
    await here.owner.query('alter view alaner_directory rename to elsewhere');
    const unknown = { ...ADA, slackUserId: null };
    const sendLeads = (leads: (typeof ADA | typeof unknown)[], messageId: string): Promise<Answered> =>
      here.lead.send(pushBody(incidentEvent({ leads }), { messageId }));
    expectUnavailable(await sendLeads([ADA, unknown], 'mixed'), '42P01');
    // Where there is nobody to look up, the database is not asked.
    expect(await sendLeads([unknown], 'unknown')).toMatchObject({
      status: 204,
      lines: [{ metadata: { outcome: 'no_slack_user' } }],
    });
    await here.owner.query('alter view elsewhere rename to alaner_directory');
  });

  it('a slow network: a true answer in time', async () => {
    await here.proxy.set('delay');
    const answered = await here.send();
    await here.proxy.set('pass');
    expectFine(answered);
    expect(answered.seconds).toBeLessThan(ANSWER_SECONDS);
  });

  it('a statement blocked by a lock, and those that wait behind it for a connection', async () => {
    const lock = await lockDirectory(here);
    const first = here.send();
    await blocked(here);
    const second = here.send();
    await sleep(50);
    const third = here.send();
    for (const answered of [first, second, third]) expectUnavailable(await answered, '57014');
    await lock.release();
  });
});
