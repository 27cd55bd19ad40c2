import { join } from 'node:path';
import { SECRET } from '../../tools/events/sign.ts';
import { freePort } from '../../tools/services/functions/free-port.ts';
import { startFunction } from '../../tools/services/functions/function-process.ts';
import { startPostgres } from '../../tools/services/postgres/postgres.ts';
import { startPubSubEmulator } from '../../tools/services/pubsub/emulator.ts';
import { startCommand } from '../support/run-command.ts';
import { plannedState, startFakeGoogle } from './fake-google.ts';

/** Both functions as they are deployed, with Google's APIs before them. */
export type DeployedSystem = Awaited<ReturnType<typeof startDeployedSystem>>;

const TOPIC = 'projects/p/topics/incident-events';

/** Starts what `npm run build` wrote, a PostgreSQL and a Pub/Sub. */
export async function startDeployedSystem() {
  const pubsub = await startPubSubEmulator({
    onEvent: (event) => {
      if (event.type === 'delivered') google.answered('incident-lead', Number(event.answer));
    },
  });
  const google = await startFakeGoogle(
    () => system.state,
    (message) => pubsub.publish(TOPIC, message),
  );
  const postgres = await startPostgres();
  const start = async (name: string, target: string, env: Record<string, string>) =>
    startFunction({
      folder: join(import.meta.dirname, '..', '..', 'dist', name),
      target,
      port: await freePort(),
      env,
      onLine: (line, stream) => {
        if (stream === 'stdout' && line.startsWith('{')) google.write(line, name);
      },
    });
  const system = {
    google,
    /** What the APIs say; each test changes one thing. */
    state: plannedState(''),
    /** As Terraform plans it, with an empty log. */
    reset(): void {
      system.state = plannedState(webhook.url);
      google.forget();
    },
    /** Runs the command. */
    run(...args: string[]) {
      const usual = ['--project', 'p', '--api-url', google.url, '--wait', '10'];
      const command = ['tools/check-deployment/check-deployment.ts', ...usual, ...args];
      return startCommand(process.execPath, command).done;
    },
    async stop(): Promise<void> {
      await Promise.all([webhook.stop(), lead.stop()]);
      await Promise.all([postgres.stop(), pubsub.close(), google.close()]);
    },
  };
  pubsub.createTopic({ name: TOPIC });
  const webhook = await start('incident-webhook', 'incidentWebhook', {
    INCIDENT_WEBHOOK_SECRET: SECRET,
    INCIDENT_EVENTS_TOPIC: TOPIC,
    PUBSUB_EMULATOR_HOST: pubsub.host,
  });
  const lead = await start('incident-lead', 'incidentLead', { DATABASE_URL: postgres.readerUrl });
  const pushConfig = { pushEndpoint: lead.url };
  pubsub.createSubscription({ name: 'projects/p/subscriptions/incident-lead', topic: TOPIC, pushConfig });
  system.reset();
  return system;
}
