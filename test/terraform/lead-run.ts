import pg from 'pg';
import { incidentEvent, pushBody } from '../../tools/events/push.ts';
import { startPostgres } from '../../tools/services/postgres/postgres.ts';
import { type Causes, type FunctionRun, startFunctionRun } from './function-run.ts';
import { sendPart } from './part-of-a-body.ts';

const INCIDENT_ID = '01FDAG4SAP5TYPT98WGR2N7W91';

/** Runs incident-lead with a real PostgreSQL, which `databaseGone` stops. */
export async function runLead(): Promise<FunctionRun> {
  const postgres = await startPostgres();
  const run = await startFunctionRun('incident-lead', 'incidentLead', { DATABASE_URL: postgres.readerUrl });
  let gone: Promise<void> | undefined;
  const stopPostgres = (): Promise<void> => {
    gone ??= postgres.stop();
    return gone;
  };
  const post = (body: string): Promise<unknown> =>
    fetch(run.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const deliver = (slackUserIds: readonly (string | null)[], status = 'learning'): Promise<unknown> =>
    post(push(slackUserIds, status));
  const causes: Causes = {
    withoutRole: () => deliver(['U01LEAD']),
    withRole: () => deliver(['U02MANAGER']),
    live: () => deliver(['U01LEAD'], 'live'),
    noLead: () => deliver([]),
    noSlackUser: () => deliver([null]),
    unknown: () => deliver(['U99NOBODY']),
    invalid: () => post('{}'),
    cutOff: () => sendPart(run.url, '{'),
    slow: () => sendPart(run.url, '{', { patient: true }),
    ambiguous: async () => {
      await insertTwin(postgres.ownerUrl);
      await deliver(['U01LEAD']);
    },
    databaseGone: async () => {
      await stopPostgres();
      await deliver(['U01LEAD']);
    },
  };
  return run.causing(causes, { stop: stopPostgres });
}

function push(slackUserIds: readonly (string | null)[], status: string): string {
  const leads = slackUserIds.map((slackUserId) => ({ incidentIoUserId: '01USER', slackUserId }));
  return pushBody(incidentEvent({ incidentId: INCIDENT_ID, status, leads }));
}

/** A second alaner with the Slack id of the first. */
async function insertTwin(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    "insert into alaner (id, email, slack_id) values ('00000000-0000-4000-8000-000000000009', 'twin@example.com', 'U01LEAD')",
  );
  await client.end();
}
