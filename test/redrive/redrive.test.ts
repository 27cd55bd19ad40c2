import { jest } from '@jest/globals';
import { Code } from '../../tools/services/grpc/rpc-error.ts';
import type { EmulatorEvent } from '../../tools/services/pubsub/events.ts';
import {
  addDeadLetters,
  arrived,
  DEAD_LETTER_TOPIC,
  DEAD_LETTERS,
  ids,
  runRedrive,
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
