import { GRACE, incidentEvent, pushBody } from '../../tools/events/push.ts';
import { concurrently } from '../support/concurrently.ts';
import {
  dataRow,
  type FakePostgres,
  message,
  rowDescription,
  type Spoil,
  type Spoiled,
  startFakePostgres,
} from '../support/fake-postgres.ts';
import { expectRecovery, expectUnavailable } from '../support/lead-answers.ts';
import { type Answered, type LeadProcess, startLead } from '../support/lead-process.ts';
import { ANYWHERE, AT_A_LOOK_UP, AT_THE_START, always, MARK, ROW, rows } from './broken-postgres.ts';

interface Surroundings {
  readonly lead: LeadProcess;
  readonly fake: FakePostgres;
  send(): Promise<Answered>;
}

const all: Surroundings[] = [];
const closers: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

async function open(spoiled: Spoiled = {}): Promise<Surroundings> {
  const fake = await startFakePostgres(ROW);
  closers.push(fake.close);
  fake.spoiled = spoiled;
  const lead = await startLead({ DATABASE_URL: fake.url, LOG_LEVEL: 'debug' });
  closers.push(lead.stop);
  let messages = 0;
  const send = (): Promise<Answered> => {
    messages += 1;
    return lead.send(pushBody(incidentEvent({ leads: [GRACE] }), { messageId: String(messages) }));
  };
  all.push({ lead, fake, send });
  return { lead, fake, send };
}

describe.each([
  ['at the start of a connection', 'startup', { ...ANYWHERE, ...AT_THE_START }],
  ['at a look-up', 'query', { ...ANYWHERE, ...AT_A_LOOK_UP }],
] as const)('a server that breaks the protocol %s', (_where, stage, spoils) => {
  let here: Surroundings;
  beforeAll(async () => {
    here = await open();
  });
  beforeEach(async () => expectFine(await here.send()));
  afterEach(() => expectRecovery(here));

  it.each(Object.entries<Spoil>(spoils))('%s: 503, and the process lives', async (_name, spoil) => {
    here.fake.spoiled = { [stage]: spoil, ends: true };
    if (stage === 'startup') here.fake.cut();
    expectUnavailable(await here.send(), /./);
    here.fake.spoiled = {};
  });
});

for (const [name, spoiled] of Object.entries<Spoiled>({
  'a first message of length 0, and silence': { startup: always(message('S', Buffer.alloc(0), 0)) },
  'half a message, and silence': { startup: always(message('R', Buffer.from([0]), 100)) },
  'a message of 2 GiB, and silence': { startup: always(message('R', Buffer.from([0]), 0x7fffffff)) },
  'half a row, and silence': { query: rows(rowDescription(), message('D', Buffer.from([0]), 100)) },
  'a row of 2 GiB, and silence': { query: always(message('D', Buffer.from([0]), 0x7fffffff)) },
  'rows without an end': { query: always(Buffer.concat([rowDescription(), dataRow(ROW)])) },
  'a pause among the rows, and silence': { query: always(message('s')) },
})) {
  concurrently(`${name}: 503 in time, and the next look-ups succeed`, async () => {
    const here = await open(spoiled);
    expectUnavailable(await here.send(), /./);
    here.fake.spoiled = {};
    await expectRecovery(here);
  });
}

const TOO_MANY_BYTES = 9 * 1024 * 1024;
for (const [name, bytes] of Object.entries({
  'rows of more than 8 MiB': Array.from({ length: TOO_MANY_BYTES / dataRow(ROW).length }, () => dataRow(ROW)),
  'a row of more than 8 MiB': [message('D', Buffer.alloc(TOO_MANY_BYTES), 2 ** 30)],
})) {
  concurrently(`${name}: 503, and nothing more of them is kept`, async () => {
    const here = await open({ query: always(Buffer.concat([message('1'), message('2'), rowDescription(), ...bytes])) });
    expectUnavailable(await here.send(), /^row$/);
    here.fake.spoiled = {};
    await expectRecovery(here);
  });
}

concurrently('survives what a server says although nobody has asked', async () => {
  const here = await open();
  for (const spoil of Object.values(ANYWHERE)) {
    expectFine(await here.send());
    here.fake.interrupt(spoil(Buffer.alloc(0)));
    await expectRecovery(here);
  }
});

it('says nothing of what the server said', () => {
  for (const { lead } of all) expect(JSON.stringify(lead.lines)).not.toContain(MARK);
});

function expectFine({ status, lines }: Answered): void {
  expect(lines).toMatchObject([{ severity: 'DEBUG', metadata: { outcome: 'lead_with_role' } }]);
  expect(status).toBe(204);
}
