import { SECRET, sign } from '../../tools/events/sign.ts';
import { Code } from '../../tools/services/grpc/rpc-error.ts';
import { startPubSubEmulator } from '../../tools/services/pubsub/emulator.ts';
import { startSecretManagerServer } from '../../tools/services/secret-manager/secret-manager-server.ts';
import { type Causes, type FunctionRun, startFunctionRun } from './function-run.ts';
import { sendPart } from './part-of-a-body.ts';

const PATH = '/webhooks/incident/lead';
const TOPIC = 'projects/p/topics/incident-events';
const EVENT_TYPE = 'public_incident.incident_updated_v2';
const EVENT = JSON.stringify({ event_type: EVENT_TYPE, [EVENT_TYPE]: { id: '01FDAG4SAP5TYPT98WGR2N7W91' } });

/** Runs incident-webhook with a real Secret Manager and Pub/Sub server. */
export async function runWebhook(): Promise<FunctionRun> {
  const secrets = await startSecretManagerServer({
    versions: [
      { number: 1, state: 'ENABLED', data: SECRET },
      { number: 2, state: 'ENABLED', data: 'whsec_short' },
    ],
  });
  const fault = { publish: false };
  const pubsub = await startPubSubEmulator({
    intercept: ({ method }) => (fault.publish && method === 'Publish' ? { fail: Code.PERMISSION_DENIED } : undefined),
  });
  pubsub.createTopic({ name: TOPIC });
  const run = await startFunctionRun('incident-webhook', 'incidentWebhook', {
    INCIDENT_WEBHOOK_SECRET: 'projects/p/secrets/webhook',
    INCIDENT_EVENTS_TOPIC: TOPIC,
    SECRET_MANAGER_EMULATOR_HOST: secrets.host,
    PUBSUB_EMULATOR_HOST: pubsub.host,
  });
  const post = (body: string, headers: Record<string, string> = sign(body), path = PATH): Promise<unknown> =>
    fetch(`${run.url}${path}`, { method: 'POST', headers, body });
  const typed = (type: string): string => JSON.stringify({ event_type: type, [type]: { id: 'x' } });
  const causes: Causes = {
    published: () => post(EVENT),
    ping: () => post('{"success":true}'),
    otherType: () => post(typed('public_incident.incident_created_v2')),
    otherVersion: () => post(typed('public_incident.incident_updated_v3')),
    otherPath: () => post(EVENT, sign(EVENT), '/'),
    noHeaders: () => post(EVENT, {}),
    compressed: () => post(EVENT, { ...sign(EVENT), 'content-encoding': 'gzip' }),
    cutOff: () => sendPart(`${run.url}${PATH}`, EVENT, { headers: sign(EVENT) }),
    expectation: () => sendPart(`${run.url}${PATH}`, EVENT, { headers: { expect: 'wonders' }, patient: true }),
    badSignature: () => post(EVENT, sign(`${EVENT} `)),
    otherScheme: () => post(EVENT, { ...sign(EVENT), 'webhook-signature': 'v1a,AAAA' }),
    stale: () => post(EVENT, sign(EVENT, { timestamp: Math.floor(Date.now() / 1000) - 3600 })),
    notJson: () => post('{'),
    badSchema: () => post('{"event_type":1}'),
    publishRefused: async () => {
      fault.publish = true;
      await post(EVENT);
      fault.publish = false;
    },
  };
  return run.causing(causes, {
    atStart: 'secretVersion',
    stop: async () => {
      await Promise.all([secrets.close(), pubsub.close()]);
    },
  });
}
