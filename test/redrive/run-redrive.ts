import { PassThrough } from 'node:stream';
import { type Request, redrive } from '../../tools/redrive/run.ts';
import type { EmulatorOptions, PubSubEmulator } from '../../tools/services/pubsub/emulator.ts';
import { startPubSubEmulator } from '../../tools/services/pubsub/emulator.ts';
import { type Run, startCommand } from '../support/run-command.ts';

export const TOPIC = 'projects/p/topics/events';
export const DEAD_LETTER_TOPIC = 'projects/p/topics/dead';
export const DEAD_LETTERS = 'projects/p/subscriptions/dead';
/** A subscriber of the topic, which nobody pulls: what was published stays in it. */
export const SUBSCRIBER = 'projects/p/subscriptions/lead';
/** The options of a usual run, ending soon. */
export const USUAL = ['--project', 'p', '--subscription', 'dead', '--topic', 'events', '--idle', '1'];

/**
 * Runs a test with an emulator that has the topic, a subscriber of it, and a dead-letter topic with
 * its subscription.
 */
export async function withEmulator(
  options: EmulatorOptions,
  test: (emulator: PubSubEmulator) => Promise<void>,
): Promise<void> {
  const emulator = await startPubSubEmulator(options);
  emulator.createTopic({ name: TOPIC });
  emulator.createTopic({ name: DEAD_LETTER_TOPIC });
  emulator.createSubscription({ name: SUBSCRIBER, topic: TOPIC });
  emulator.createSubscription({ name: DEAD_LETTERS, topic: DEAD_LETTER_TOPIC });
  try {
    await test(emulator);
  } finally {
    await emulator.close();
  }
}

/** Messages as Pub/Sub dead-letters them; their `webhookId`s are `msg_0`, `msg_1`, ... */
export function deadLetters(count: number) {
  return Array.from({ length: count }, (_, number) => ({
    data: `{"number":${number}}`,
    attributes: {
      schemaVersion: '1',
      webhookId: `msg_${number}`,
      googclient_traceparent: '00-1-1-01',
      CloudPubSubDeadLetterSourceDeliveryCount: '30',
      CloudPubSubDeadLetterSourceSubscription: 'lead',
      CloudPubSubDeadLetterSourceSubscriptionProject: 'p',
      CloudPubSubDeadLetterSourceTopicPublishTime: '2026-11-23T10:00:00.5+00:00',
    },
  }));
}

/** Puts dead letters into the subscription. */
export function addDeadLetters(emulator: PubSubEmulator, count: number): void {
  emulator.publish(DEAD_LETTER_TOPIC, ...deadLetters(count));
}

/** The `webhookId`s that were published to the topic, sorted. */
export function arrived(emulator: PubSubEmulator): string[] {
  return emulator
    .published(TOPIC)
    .map(({ attributes }) => attributes['webhookId'] ?? '')
    .sort();
}

/** `msg_0` to `msg_<count - 1>`, sorted as `arrived` sorts. */
export function ids(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `msg_${number}`).sort();
}

/** Runs it against an emulator, in this process. */
export async function runRedrive(emulator: { host: string }, changes: Partial<Request> = {}): Promise<Run> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const request = { project: 'p', subscription: 'dead', topic: 'events', dryRun: false, idle: 0.5, ...changes };
  const stop = new AbortController().signal;
  const code = await redrive({ ...request, emulatorHost: emulator.host }, stop, { stdout, stderr });
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

/** Starts the command as a process of its own. */
export function startRedrive(args: readonly string[], env: Readonly<Record<string, string>>) {
  return startCommand(process.execPath, ['tools/redrive/redrive.ts', ...args], env);
}

/** Runs the last command that a run has printed, as a person who copies it would. */
export function runHint({ stdout }: Run): Promise<Run> {
  const [command = 'exit 99'] = stdout.match(/^ {2}.*npm run redrive.*$/m) ?? [];
  return startCommand('sh', ['-c', command]).done;
}
