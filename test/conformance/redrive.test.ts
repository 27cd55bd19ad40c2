import { jest } from '@jest/globals';
import type { Request } from '../../tools/redrive/run.ts';
import { deadLetters, runHint, runRedrive, startRedrive } from '../redrive/run-redrive.ts';
import type { Run } from '../support/run-command.ts';
import { type OpenPubSub, openEndpoint, openPubSub, type Pulled, until } from './open-pubsub.ts';

// Several processes: seconds on a quiet machine, minutes on a busy one.
jest.setTimeout(300_000);

/** Pub/Sub with a topic, a subscriber of it, and dead letters. */
interface Redriving extends OpenPubSub {
  readonly subscription: string;
  readonly deadLetterTopic: string;
  readonly deadLetters: string;
  /** Puts messages into the dead-letter subscription. */
  bury(messages: readonly { data: string | Buffer; attributes?: Record<string, string> }[]): Promise<void>;
  redrive(changes?: Partial<Request>): Promise<Run>;
}

async function withDeadLetters(test: (open: Redriving) => Promise<void>): Promise<void> {
  const open = await openPubSub();
  const deadLetterTopic = await open.createTopic('dead');
  try {
    await test({
      ...open,
      deadLetterTopic,
      subscription: await open.subscribe('subscriber'),
      deadLetters: await open.subscribe('dead', { topic: deadLetterTopic }),
      async bury(messages) {
        for (const { data, attributes = {} } of messages) {
          await open.publisher.publish({
            topic: deadLetterTopic,
            messages: [{ data: Buffer.from(data), attributes }],
          });
        }
      },
      redrive: (changes) => runRedrive(open, { project: open.projectId, idle: 1, ...changes }),
    });
  } finally {
    await open.close();
  }
}

const webhookIds = (pulled: readonly Pulled[]) => pulled.map(({ attributes }) => attributes['webhookId']).sort();
const ids = (count: number) => Array.from({ length: count }, (_, number) => `msg_${number}`).sort();

it('publishes the originals again, acknowledges them, and says who gets them', () =>
  withDeadLetters(async (open) => {
    await open.bury(deadLetters(3));
    const { code, stdout, stderr } = await open.redrive();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const moved = await open.drain(open.subscription, 3);
    expect(webhookIds(moved)).toEqual(ids(3));
    expect(moved.find(({ data }) => data === '{"number":0}')?.attributes).toEqual({
      schemaVersion: '1',
      webhookId: 'msg_0',
      googclient_traceparent: '00-1-1-01',
    });
    expect(await open.pull(open.deadLetters)).toEqual([]);
    expect(stdout).toContain(
      'Each message goes again to every subscriber of the topic, even to one that has handled it: subscriber.\n',
    );
    expect(stdout).toMatch(/^Ends when no message has come for [\d.]+ s\.$/m);
    expect(stdout).toContain('3 moved, 0 failed.\n');
  }));

it('shows everything in a dry run, changes nothing, and names the command that moves it', () =>
  withDeadLetters(async (open) => {
    await open.bury([...deadLetters(2), { data: 'x', attributes: { webhookId: 'msg_\u001b[31m\n\u202e' } }]);
    const dry = await open.redrive({ dryRun: true });
    expect({ code: dry.code, stderr: dry.stderr }).toEqual({ code: 0, stderr: '' });
    expect(dry.stdout).toMatch(/^SOURCE SUBSCRIPTION +ATTEMPTS {2}PUBLISHED +WEBHOOK ID$/m);
    expect(dry.stdout).toMatch(/^lead +30 {2}2026-11-23T10:00:00\.500Z {2}msg_0$/m);
    expect(dry.stdout).toMatch(/^unknown +\? {2}\S+Z {2}msg_\\u001b\[31m\\u000a\\u202e$/m);
    expect(dry.stdout).toContain('Dry run: 3 would be moved. Nothing was changed.\n');
    expect(await open.pull(open.subscription)).toEqual([]);
    const real = await runHint(dry);
    expect(real.stdout).toContain('3 moved, 0 failed.\n');
    expect(real.code).toBe(0);
    expect(await open.drain(open.subscription, 3)).toHaveLength(3);
  }));

it('moves what is larger than one answer', () =>
  withDeadLetters(async (open) => {
    await open.bury(Array.from({ length: 60 }, () => ({ data: Buffer.alloc(1_000_000) })));
    const stdout = expect.stringContaining('60 moved, 0 failed.\n');
    expect(await open.redrive()).toEqual({ code: 0, stdout, stderr: '' });
    expect(await open.drain(open.subscription, 60)).toHaveLength(60);
  }));

it.concurrent.each([
  ['10 minutes behind', -600_000],
  ['a day ahead', 86_400_000],
])("does the same when the operator's clock is %s", (_how, ms) =>
  withDeadLetters(async (open) => {
    await open.bury(deadLetters(5));
    const shift = `const Real = Date; globalThis.Date = class extends Real {
      constructor(...given) { if (given.length) super(...given); else super(Real.now() + ${ms}); }
      static now() { return Real.now() + ${ms}; } }`;
    const env = {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shift)}`,
      PUBSUB_EMULATOR_HOST: open.host,
    };
    const args = ['--project', open.projectId, '--subscription', 'dead', '--topic', 'events', '--idle', '2'];
    expect((await startRedrive([...args, '--dry-run'], env).done).stdout).toContain('Dry run: 5 would be moved.');
    expect(await startRedrive(args, env).done).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('5 moved, 0 failed.\n'),
    });
  }),
);

it('moves each message once, though it fails again at once, and says what stays', () =>
  withDeadLetters(async (open) => {
    const endpoint = await openEndpoint(() => 400);
    await open.subscribe('failing', {
      pushConfig: { pushEndpoint: endpoint.url },
      deadLetterPolicy: { deadLetterTopic: open.deadLetterTopic, maxDeliveryAttempts: 5 },
    });
    await open.publish({ data: 'same' }, { data: 'same' }, { data: 'other' });
    await until('15 pushes', () => endpoint.pushes.length === 15);
    // The three that this run moves come back while it waits.
    const { code, stdout } = await open.redrive({ idle: 15 });
    await endpoint.close();
    expect(stdout).toContain('3 moved, 0 failed.\n3 stay, since they failed again after being moved');
    expect(code).toBe(1);
    expect(await open.drain(open.deadLetters, 3)).toHaveLength(3);
  }));

it('waits, unless told otherwise, for what a run that was killed has leased', () =>
  withDeadLetters(async (open) => {
    await open.bury(deadLetters(20));
    // Another run that dies without a word.
    expect(await open.pull(open.deadLetters, 10)).not.toHaveLength(0);
    const stdout = expect.stringContaining('20 moved, 0 failed.\n');
    expect(await open.redrive({ idle: undefined })).toEqual({ code: 0, stdout, stderr: '' });
  }));
