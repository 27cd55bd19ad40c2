import { setTimeout as sleep } from 'node:timers/promises';
import { ADA, incidentEvent, pushBody } from '../../tools/events/push.ts';
import { type CloudSqlServer, letIamUserIn, startCloudSqlServer } from '../../tools/services/google-cloud/cloud-sql.ts';
import { TOKEN } from '../../tools/services/google-cloud/google-network.ts';
import { startPostgres } from '../../tools/services/postgres/postgres.ts';
import { concurrently } from '../support/concurrently.ts';
import { expectRecovery, expectUnavailable } from '../support/lead-answers.ts';
import { type Answered, type LeadProcess, startLead } from '../support/lead-process.ts';

/** An IAM user's name in the database: without `.gserviceaccount.com`. */
const IAM_USER = 'incident-lead@p.iam';
/** For faults of certificates. */
const RECOVERY_SECONDS = 60;

const closers: (() => Promise<unknown>)[] = [];
let messages = 0;

const postgres = startPostgres().then(async (started) => {
  closers.push(() => started.stop());
  await letIamUserIn(started.ownerUrl, IAM_USER);
  return started;
});

afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

interface Surroundings {
  readonly cloud: CloudSqlServer;
  readonly lead: LeadProcess;
  send(): Promise<Answered>;
}

async function open(
  prepare: (cloud: CloudSqlServer) => void = () => {},
  env: Record<string, string> = {},
): Promise<Surroundings> {
  const cloud = await startCloudSqlServer(Number(new URL((await postgres).ownerUrl).port));
  closers.push(() => cloud.close());
  prepare(cloud);
  const lead = await startLead({
    K_SERVICE: 'incident-lead',
    CLOUD_SQL_INSTANCE: cloud.instance,
    DB_USER: IAM_USER,
    DB_NAME: 'postgres',
    ...cloud.env,
    ...env,
  });
  closers.push(() => lead.stop());
  const send = () => {
    messages += 1;
    return lead.send(pushBody(incidentEvent({ leads: [ADA] }), { messageId: String(messages) }));
  };
  return { cloud, lead, send };
}

function expectFine({ status, lines }: Answered): void {
  expect(lines).toMatchObject([{ severity: 'INFO', metadata: { outcome: 'lead_without_role' } }]);
  expect(status).toBe(204);
}

concurrently('reads the directory through the connector, as its IAM user, whatever PGSSLMODE says', async () => {
  const here = await open(() => {}, { PGSSLMODE: 'require' });
  for (let round = 0; round < 3; round += 1) expectFine(await here.send());
  expect(here.cloud.certificates).toBe(1);
  expect(here.cloud.loginTokens).toEqual([TOKEN]);
  here.cloud.cut();
  await expectRecovery(here, RECOVERY_SECONDS);
});

concurrently('a metadata server that refuses a token at first is asked again within the request', async () => {
  const here = await open((cloud) => {
    const good = cloud.answerToken;
    cloud.answerToken = (res, count) => (count <= 2 ? res.writeHead(404).end('{}') : good(res, count));
  });
  expectFine(await here.send());
});

concurrently('a first load that is refused is not remembered', async () => {
  const here = await open((cloud) => Object.assign(cloud, { admin: 'forbidden' }));
  expectUnavailable(await here.send(), 'cloud_sql');
  here.cloud.admin = 'good';
  expectFine(await here.send());
  expect(here.lead.errors).toEqual([]);
});

concurrently('the first delivery waits longer than 8 s for a network that comes up late', async () => {
  const here = await open((cloud) => Object.assign(cloud, { up: false }));
  const first = here.send();
  await sleep(12_000);
  here.cloud.up = true;
  const answered = await first;
  expectFine(answered);
  expect(answered.seconds).toBeGreaterThan(8);
  here.cloud.up = false;
  here.cloud.cut();
  expectUnavailable(await here.send(), /./);
});

concurrently(
  'a first load that fails in passing, and one that is silent, are tried again within the request',
  async () => {
    const here = await open((cloud) => Object.assign(cloud, { admin: 'unavailable' }));
    const first = here.send();
    await sleep(3_000);
    here.cloud.admin = 'silent';
    await sleep(6_000);
    here.cloud.admin = 'good';
    expectFine(await first);
  },
);

concurrently('a certificate that has expired is replaced within the request', async () => {
  const here = await open((cloud) => Object.assign(cloud, { admin: 'expired' }));
  while (here.cloud.certificates === 0) await sleep(10);
  await sleep(500);
  here.cloud.admin = 'good';
  expectFine(await here.send());
  expect(here.lead.errors).toEqual([]);
});

concurrently('authorities that are rotated', async () => {
  const here = await open();
  expectFine(await here.send());
  await here.cloud.rotate();
  await expectRecovery(here, RECOVERY_SECONDS);
  expect(here.cloud.certificates).toBeGreaterThan(1);
});

concurrently('a renewal that fails before there was any connection does not end the process', async () => {
  const here = await open((cloud) => Object.assign(cloud, { up: false }));
  while (here.cloud.certificates === 0) await sleep(10);
  here.cloud.admin = 'forbidden';
  for (let round = 0; round < 3; round += 1) {
    expectUnavailable(await here.send(), 'cloud_sql');
    await sleep(300);
  }
  Object.assign(here.cloud, { up: true, admin: 'good' });
  await expectRecovery(here, RECOVERY_SECONDS);
});

concurrently('an instance that comes back after a pause', async () => {
  const here = await open();
  expectFine(await here.send());
  here.cloud.up = false;
  here.cloud.cut();
  expectUnavailable(await here.send(), /./);
  here.cloud.up = true;
  await expectRecovery(here, RECOVERY_SECONDS);
});
