import { PassThrough } from 'node:stream';
import { type Request, redrive } from '../../tools/redrive/run.ts';
import type { InjectedFault } from '../../tools/services/grpc/fault.ts';
import { type EmulatorOptions, startPubSubEmulator } from '../../tools/services/pubsub/emulator.ts';
import type { MessageInput } from '../../tools/services/pubsub/message.ts';
import { type Run, startCommand } from '../support/run-command.ts';

export const TOPIC = 'projects/p/topics/events';
export const DEAD_LETTER_TOPIC = 'projects/p/topics/dead';
export const DEAD_LETTERS = 'projects/p/subscriptions/dead';
/** The options of a usual run, ending soon. */
export const USUAL = ['--project', 'p', '--subscription', 'dead', '--topic', 'events', '--idle', '1'];

/** An emulator with dead letters, their topic, and ways to run the command on it. */
export type Open = Awaited<ReturnType<typeof open>>;

/** Runs a test with dead letters in an emulator: so many usual ones, or these. */
export async function withDeadLetters(
  messages: number | readonly MessageInput[],
  options: EmulatorOptions,
  test: (open: Open) => Promise<void>,
): Promise<void> {
  const opened = await open(options);
  try {
    const buried = typeof messages === 'number' ? deadLetters(messages) : messages;
    opened.emulator.publish(DEAD_LETTER_TOPIC, ...buried);
    await test(opened);
  } finally {
    await opened.emulator.close();
  }
}

async function open(options: EmulatorOptions) {
  const emulator = await startPubSubEmulator(options);
  emulator.createTopic({ name: TOPIC });
  emulator.createTopic({ name: DEAD_LETTER_TOPIC });
  emulator.createSubscription({ name: DEAD_LETTERS, topic: DEAD_LETTER_TOPIC });
  return {
    emulator,
    /** The `webhookId`s that were published to the topic, sorted. */
    arrived: () =>
      emulator
        .published(TOPIC)
        .map(({ attributes }) => attributes['webhookId'] ?? '')
        .sort(),
    /** How many messages the dead-letter subscription holds. */
    left: () => emulator.backlog(DEAD_LETTERS),
    run: (changes?: Partial<Request>) => runRedrive(emulator, changes),
    start: (env: Readonly<Record<string, string>> = {}) =>
      startRedrive(USUAL, { PUBSUB_EMULATOR_HOST: emulator.host, ...env }),
  };
}

/**
 * Options of an emulator that injects faults into the calls of one method.
 * @param fault asked before each call, with the `webhookId`s that it publishes.
 */
export function faulty(
  failing: string,
  fault: (webhookIds: readonly string[]) => InjectedFault | undefined,
): EmulatorOptions {
  return {
    intercept({ method, request }) {
      if (method !== failing) return undefined;
      const messages = 'messages' in request ? request.messages : [];
      return fault(messages.map(({ attributes }) => attributes?.['webhookId'] ?? ''));
    },
  };
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
