import pg from 'pg';
import { ADA, incidentEvent, pushBody } from '../../tools/events/push.ts';
import { type CloudSqlServer, letIamUserIn, startCloudSqlServer } from '../../tools/services/google-cloud/cloud-sql.ts';
import { type LocalPostgres, startPostgres } from '../../tools/services/postgres/postgres.ts';
import { expectRecovery, expectUnavailable } from '../support/lead-answers.ts';
import { type Answered, type LeadProcess, startLead } from '../support/lead-process.ts';

/** An IAM user's name in the database: without `.gserviceaccount.com`. */
const IAM_USER = 'incident-lead@p.iam';
/** For faults of certificates (contract). */
const RECOVERY_SECONDS = 60;

let postgres: LocalPostgres;
let owner: pg.Client;
let cloud: CloudSqlServer;
let lead: LeadProcess;
let messages = 0;

beforeAll(async () => {
  postgres = await startPostgres();
  await letIamUserIn(postgres.ownerUrl, IAM_USER);
  owner = new pg.Client({ connectionString: postgres.ownerUrl });
  await owner.connect();
  cloud = await startCloudSqlServer(Number(new URL(postgres.ownerUrl).port));
  lead = await startLead({
    K_SERVICE: 'incident-lead',
    CLOUD_SQL_INSTANCE: cloud.instance,
    DB_USER: IAM_USER,
    DB_NAME: 'postgres',
    ...cloud.env,
  });
});

afterAll(async () => {
  await lead.stop();
  await cloud.close();
  await owner.end();
  await postgres.stop();
});

/**
 * An instance refuses the login where the token in its certificate is out of date; only a new
 * certificate has a new one.
 */
it('asks for a new certificate, with a new login token, after a refused login', async () => {
  await expectRecovery({ send, lead }, RECOVERY_SECONDS);
  const before = cloud.certificates;
  await owner.query(`alter role "${IAM_USER}" nologin`);
  cloud.cut();
  await expectRefusedLogin();
  expect(cloud.certificates).toBeGreaterThan(before);
  await owner.query(`alter role "${IAM_USER}" login`);
  await expectRecovery({ send, lead }, RECOVERY_SECONDS);
  expect(cloud.loginTokens).toHaveLength(cloud.certificates);
});

/** On a busy machine, a connection may also come too late. */
async function expectRefusedLogin(): Promise<void> {
  for (;;) {
    const answered = await send();
    expectUnavailable(answered, /./);
    if (/^28/.test(String(answered.lines[0]?.metadata['reason']))) return;
  }
}

function send(): Promise<Answered> {
  messages += 1;
  return lead.send(pushBody(incidentEvent({ leads: [ADA] }), { messageId: String(messages) }));
}
