import { jest } from '@jest/globals';
import { Code } from '../../tools/grpc-server/rpc-error.ts';
import type { EmulatorEvent } from '../../tools/pubsub-emulator/events.ts';
import {
  addDeadLetters,
  arrived,
  DEAD_LETTER_TOPIC,
  DEAD_LETTERS,
  ids,
  runRedrive,
  SUBSCRIBER,
  startRedrive,
  TOPIC,
  USUAL,
  withEmulator,
} from './run-redrive.ts';

// Five processes at a time: seconds on a quiet machine.
jest.setTimeout(90_000);

const webhookIds = (request: { messages: { attributes?: Record<string, string> }[] }): string[] =>
  request.messages.map(({ attributes }) => attributes?.['webhookId'] ?? '');

it.concurrent('publishes the originals again, acknowledges them, and says who gets them', () =>
  withEmulator({}, async (emulator) => {
    addDeadLetters(emulator, 3);
    const { code, stdout, stderr } = await runRedrive(emulator);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(emulator.published(TOPIC).map(({ data, attributes }) => [data.toString(), attributes])).toEqual([
      ['{"number":0}', { schemaVersion: '1', webhookId: 'msg_0' }],
      ['{"number":1}', { schemaVersion: '1', webhookId: 'msg_1' }],
      ['{"number":2}', { schemaVersion: '1', webhookId: 'msg_2' }],
    ]);
    expect(emulator.backlog(DEAD_LETTERS)).toBe(0);
    expect(stdout).toContain(
      'Every subscriber of the topic gets each message again, also those that have handled it. lead\n',
    );
    expect(stdout).toContain('3 moved, 0 failed.\n');
  }));

it.concurrent('shows everything in a dry run and changes nothing', () =>
  withEmulator(
    {
      intercept: ({ method }) => (method === 'Acknowledge' ? { fail: Code.ABORTED } : undefined),
    },
    async (emulator) => {
      addDeadLetters(emulator, 2);
      emulator.publish(DEAD_LETTER_TOPIC, { data: 'x', attributes: { webhookId: 'msg_\u001b[31m' } });
      const { code, stdout, stderr } = await runRedrive(emulator, [...USUAL, '--dry-run']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(
        /^SOURCE SUBSCRIPTION +ATTEMPTS +AGE {2}WEBHOOK ID\nlead +20 +3 h 2 min {2}msg_0\nlead +20 +3 h 2 min {2}msg_1\n/m,
      );
      expect(stdout).toMatch(
        /^unknown +\? +\d+ s {2}msg_\?\[31m\n2 from lead\n1 from unknown\nDry run: 3 would be moved\. Nothing was changed\.\n$/m,
      );
      expect(emulator.published(TOPIC)).toHaveLength(0);
      // Given back: the real run, at once, finds all of them.
      const next = await runRedrive(emulator, [...USUAL, '--dry-run']);
      expect(next.stdout).toContain('Dry run: 3 would be moved.');
    },
  ));

it.concurrent('leaves what could not be published, names it, and moves it in a later run', async () => {
  let broken = true;
  await withEmulator(
    {
      intercept: (call) =>
        broken && call.method === 'Publish' && webhookIds(call.request).some((id) => id === 'msg_3' || id === 'msg_7')
          ? { fail: Code.INVALID_ARGUMENT, details: 'not this one' }
          : undefined,
    },
    async (emulator) => {
      addDeadLetters(emulator, 10);
      const { code, stdout, stderr } = await runRedrive(emulator);
      expect(code).toBe(1);
      expect(stdout).toContain(
        '8 moved, 2 failed.\n2 not moved stay in the subscription; run it again to move them.\n',
      );
      expect(stderr).toMatch(
        /^ {2}msg_3: Could not publish to projects\/p\/topics\/events: INVALID_ARGUMENT\. \(.*not this one\)$/m,
      );
      expect(emulator.backlog(DEAD_LETTERS)).toBe(2);
      broken = false;
      expect((await runRedrive(emulator)).code).toBe(0);
      expect(arrived(emulator)).toEqual(ids(10));
      expect(emulator.backlog(DEAD_LETTERS)).toBe(0);
    },
  );
});

it.concurrent('publishes again when a confirmation is lost, so that nothing is acknowledged on trust', async () => {
  const lost = new Set(['msg_1', 'msg_2']);
  await withEmulator(
    {
      intercept: (call) =>
        call.method === 'Publish' && webhookIds(call.request).some((id) => lost.delete(id))
          ? { committed: true, fail: Code.UNAVAILABLE }
          : undefined,
    },
    async (emulator) => {
      addDeadLetters(emulator, 4);
      expect((await runRedrive(emulator)).code).toBe(0);
      expect(arrived(emulator)).toEqual(['msg_0', 'msg_1', 'msg_1', 'msg_2', 'msg_2', 'msg_3']);
      expect(emulator.backlog(DEAD_LETTERS)).toBe(0);
    },
  );
});

it.concurrent('says what was moved but not acknowledged', () =>
  withEmulator(
    {
      intercept: ({ method }) => (method === 'Acknowledge' ? { fail: Code.FAILED_PRECONDITION } : undefined),
    },
    async (emulator) => {
      addDeadLetters(emulator, 3);
      const { code, stdout, stderr } = await runRedrive(emulator);
      expect(code).toBe(1);
      expect(stdout).toContain('3 moved, 0 failed.\n');
      expect(stderr).toBe('3 moved but not acknowledged: another run publishes them again, with the same webhookId.\n');
      expect(arrived(emulator)).toEqual(ids(3));
    },
  ));

it.concurrent('does not publish twice what comes again because its acknowledgement failed', async () => {
  let failures = 1;
  await withEmulator(
    {
      // Leases of a fifth of a second: the messages come again within the run.
      ackDeadlineScale: 0.02,
      intercept: ({ method }) =>
        method === 'Acknowledge' && failures-- > 0 ? { fail: Code.FAILED_PRECONDITION } : undefined,
    },
    async (emulator) => {
      addDeadLetters(emulator, 3);
      const { code, stderr } = await runRedrive(emulator);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(arrived(emulator)).toEqual(ids(3));
      expect(emulator.backlog(DEAD_LETTERS)).toBe(0);
    },
  );
});

it.concurrent('leaves what is dead-lettered again while it runs', async () => {
  let dieAgain = (): void => {};
  const onEvent = (event: EmulatorEvent): void => {
    if (event.type === 'published' && event.topic === TOPIC) dieAgain();
  };
  await withEmulator({ onEvent }, async (emulator) => {
    dieAgain = () => addDeadLetters(emulator, 1);
    addDeadLetters(emulator, 2);
    const { code, stdout } = await runRedrive(emulator);
    expect(code).toBe(0);
    expect(stdout).toContain('2 moved, 0 failed.\n2 dead-lettered after this run began stay in the subscription.\n');
    expect(emulator.backlog(DEAD_LETTERS)).toBe(2);
  });
});

it.concurrent('moves 1,000, all of them once, though it is interrupted half-way and started again', () =>
  withEmulator(
    { intercept: ({ method }) => (method === 'Publish' ? { delayMs: 20 } : undefined) },
    async (emulator) => {
      addDeadLetters(emulator, 1_000);
      const { child, done } = startRedrive(USUAL, { PUBSUB_EMULATOR_HOST: emulator.host });
      while (emulator.published(TOPIC).length < 400) await new Promise((resolve) => setTimeout(resolve, 5));
      // As npm does: the terminal's signal, and the one npm passes on.
      child.kill('SIGINT');
      child.kill('SIGINT');
      const first = await done;
      expect(first.code).toBe(130);
      const moved = Number(/^Interrupted: (\d+) moved, 0 failed\.$/m.exec(first.stdout)?.[1]);
      expect(moved).toBe(emulator.published(TOPIC).length);
      expect(moved).toBeGreaterThanOrEqual(400);
      expect(moved).toBeLessThan(1_000);
      expect(emulator.backlog(DEAD_LETTERS)).toBe(1_000 - moved);
      const second = await runRedrive(emulator);
      expect(second.code).toBe(0);
      expect(second.stdout).toContain(`${1_000 - moved} moved, 0 failed.\n`);
      expect(arrived(emulator)).toEqual(ids(1_000));
      expect(emulator.backlog(DEAD_LETTERS)).toBe(0);
      expect(emulator.backlog(SUBSCRIBER)).toBe(1_000);
    },
  ));

it.concurrent('loses nothing when it is killed, and repeats at most the 50 in flight', () =>
  withEmulator(
    {
      ackDeadlineScale: 0.02,
      intercept: ({ method }) => (method === 'Publish' ? { delayMs: 20 } : undefined),
    },
    async (emulator) => {
      addDeadLetters(emulator, 200);
      const { child, done } = startRedrive(USUAL, { PUBSUB_EMULATOR_HOST: emulator.host });
      while (emulator.published(TOPIC).length < 80) await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill('SIGKILL');
      await done;
      expect((await runRedrive(emulator)).code).toBe(0);
      expect([...new Set(arrived(emulator))]).toEqual(ids(200));
      expect(arrived(emulator).length).toBeLessThanOrEqual(250);
      expect(emulator.backlog(DEAD_LETTERS)).toBe(0);
    },
  ));
