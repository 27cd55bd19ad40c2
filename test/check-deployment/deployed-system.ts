import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SECRET } from '../../tools/events/sign.ts';
import { freePort } from '../../tools/services/functions/free-port.ts';
import { startFunction } from '../../tools/services/functions/function-process.ts';
import { startPostgres } from '../../tools/services/postgres/postgres.ts';
import { startPubSubEmulator } from '../../tools/services/pubsub/emulator.ts';
import { type FakeGoogle, type GoogleState, plannedState, startFakeGoogle } from './fake-google.ts';

/** Both functions as they are deployed, with Google's APIs before them. */
export interface DeployedSystem {
  readonly google: FakeGoogle;
  /** What the APIs say; each test spoils one thing. */
  state: GoogleState;
  /** As Terraform plans it, with an empty log. */
  reset(): void;
  /** Runs the command. */
  run(...args: string[]): Promise<Run>;
  stop(): Promise<void>;
}

/** What a run of the command left behind. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const ROOT = join(import.meta.dirname, '..', '..');
const COMMAND = join(ROOT, 'tools', 'check-deployment', 'check-deployment.ts');
const TOPIC = 'projects/p/topics/incident-events';

/** Starts what `npm run build` wrote, a PostgreSQL and a Pub/Sub. */
export async function startDeployedSystem(): Promise<DeployedSystem> {
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
      folder: join(ROOT, 'dist', name),
      target,
      port: await freePort(),
      env,
      onLine: (line, stream) => {
        if (stream === 'stdout' && line.startsWith('{')) google.write(line, name);
      },
    });
  const system: DeployedSystem = {
    google,
    state: plannedState(''),
    reset() {
      system.state = plannedState(webhook.url);
      google.forget();
    },
    run: (...args) => run(['--project', 'p', '--api-url', google.url, '--wait', '10', ...args]),
    async stop() {
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

async function run(args: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: code as number | null, stdout, stderr };
}
