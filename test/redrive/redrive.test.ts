import { jest } from '@jest/globals';
import { Code } from '../../tools/services/grpc/rpc-error.ts';
import {
  addDeadLetters,
  arrived,
  DEAD_LETTER_TOPIC,
  DEAD_LETTERS,
  ids,
  runRedrive,
  startRedrive,
  TOPIC,
  USUAL,
  withEmulator,
} from './run-redrive.ts';

// Several processes: seconds on a quiet machine, minutes on a busy one.
jest.setTimeout(300_000);

const webhookIds = (request: { messages: { attributes?: Record<string, string> }[] }): string[] =>
  request.messages.map(({ attributes }) => attributes?.['webhookId'] ?? '');

it('publishes and acknowledges nothing in a dry run, and releases what it has pulled', () =>
  withEmulator({}, async (emulator) => {
    addDeadLetters(emulator, 2);
    expect((await runRedrive(emulator, { dryRun: true })).stdout).toContain('\n2 from lead\nDry run: 2 would');
    expect(emulator.published(TOPIC)).toHaveLength(0);
    // The default idle time would also wait for leases that are left to run out.
    expect((await runRedrive(emulator)).stdout).toContain('2 moved, 0 failed.\n');
  }));

it('leaves what could not be published, names it, and moves it in a later run', async () => {
  let broken = true;
  await withEmulator(
    {
      intercept: (call) =>
        broken && call.method === 'Publish' && webhookIds(call.request).some((id) => id === 'msg_3' || id === 'msg_7')
          ? { fail: Code.INVALID_ARGUMENT, details: 'not \u001b[31mthis one' }
          : undefined,
    },
    async (emulator) => {
      addDeadLetters(emulator, 10);
      const run = await runRedrive(emulator);
      expect(run.code).toBe(1);
      expect(run.stdout).toContain(
        `8 moved, 2 failed.\n2 not moved stay in the subscription.\nTo move what stays:\n  PUBSUB_EMULATOR_HOST=${emulator.host} npm run redrive -- --subscription ${DEAD_LETTERS} --topic ${TOPIC} --idle 0.5\n`,
      );
      expect(run.stderr).toMatch(
        /^ {2}msg_3: Could not publish to projects\/p\/topics\/events: INVALID_ARGUMENT\. \(.*not \\u001b\[31mthis one\)$/m,
      );
      expect(emulator.backlog(DEAD_LETTERS)).toBe(2);
      broken = false;
      expect((await runRedrive(emulator)).code).toBe(0);
      expect(arrived(emulator)).toEqual(ids(10));
      expect(emulator.backlog(DEAD_LETTERS)).toBe(0);
    },
  );
});

it('publishes again when a confirmation is lost, so that nothing is acknowledged on trust', async () => {
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

it('says what was moved but not acknowledged', () =>
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

it('does not publish twice what comes again because its acknowledgement failed', async () => {
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

it('moves each message once, though its lease runs out before its publish is confirmed', () =>
  withEmulator(
    {
      ackDeadlineScale: 0.01,
      intercept: ({ method }) => (method === 'Publish' ? { delayMs: 250 } : undefined),
    },
    async (emulator) => {
      addDeadLetters(emulator, 20);
      expect((await runRedrive(emulator)).stdout).toContain('20 moved, 0 failed.\n');
      expect(arrived(emulator)).toEqual(ids(20));
      expect(emulator.backlog(DEAD_LETTERS)).toBe(0);
    },
  ));

it('ends although a source that marks nothing puts each message back at once', () =>
  withEmulator(
    {
      onEvent(event) {
        if (event.type === 'published' && event.topic === TOPIC) putBack();
      },
    },
    async (emulator) => {
      putBack = () => emulator.publish(DEAD_LETTER_TOPIC, { data: 'again' });
      for (let copies = 0; copies < 50; copies += 1) putBack();
      const { code, stdout } = await runRedrive(emulator);
      expect(stdout).toContain('1000 moved, 0 failed.\n50 failed again after this run had moved them, and stay');
      expect(code).toBe(1);
      expect(emulator.backlog(DEAD_LETTERS)).toBe(50);
    },
  ));
let putBack = (): unknown => undefined;

it.concurrent('reaches an emulator directly, whatever the proxy variables say', () =>
  withEmulator({}, async (emulator) => {
    addDeadLetters(emulator, 1);
    const nowhere = 'http://127.0.0.1:9';
    const names = ['grpc_proxy', 'http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];
    const env = Object.fromEntries(names.map((name) => [name, nowhere]));
    const { code, stdout } = await startRedrive(USUAL, { ...env, PUBSUB_EMULATOR_HOST: emulator.host }).done;
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('1 moved, 0 failed.\n') });
  }));

it.concurrent('goes on when the reader of its output has gone', () =>
  withEmulator({}, async (emulator) => {
    addDeadLetters(emulator, 3);
    const { child, done } = startRedrive(USUAL, { PUBSUB_EMULATOR_HOST: emulator.host });
    child.stdout?.destroy();
    expect(await done).toMatchObject({ code: 0, stderr: '' });
    expect(arrived(emulator)).toEqual(ids(3));
  }));
