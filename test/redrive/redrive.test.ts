import { jest } from '@jest/globals';
import { Code } from '../../tools/services/grpc/rpc-error.ts';
import { DEAD_LETTER_TOPIC, DEAD_LETTERS, faulty, ids, TOPIC, withDeadLetters } from './run-redrive.ts';

// Several processes: seconds on a quiet machine, minutes on a busy one.
jest.setTimeout(300_000);

it('publishes and acknowledges nothing in a dry run, and releases what it has pulled', () =>
  withDeadLetters(2, {}, async ({ arrived, run }) => {
    expect((await run({ dryRun: true })).stdout).toContain('\n2 from lead\nDry run: 2 would');
    expect(arrived()).toEqual([]);
    // The default idle time would also wait for leases that are left to run out.
    const { stdout } = await run();
    expect(stdout).toContain('The topic has no subscriber: the messages would reach nobody.\n');
    expect(stdout).toContain('2 moved, 0 failed.\n');
  }));

it('leaves what could not be published, names it, and moves it in a later run', () => {
  let broken = ['msg_3', 'msg_7'];
  const refusing = faulty('Publish', (webhookIds) =>
    webhookIds.some((id) => broken.includes(id))
      ? { fail: Code.INVALID_ARGUMENT, details: 'not \u001b[31mthis one' }
      : undefined,
  );
  return withDeadLetters(10, refusing, async ({ emulator, arrived, left, run }) => {
    const first = await run();
    expect(first.code).toBe(1);
    expect(first.stdout).toContain(
      `8 moved, 2 failed.\n2 not moved stay in the subscription.\nTo move what stays:\n  PUBSUB_EMULATOR_HOST=${emulator.host} npm run redrive -- --subscription ${DEAD_LETTERS} --topic ${TOPIC} --idle 0.5\n`,
    );
    expect(first.stderr).toMatch(
      /^ {2}msg_3: Could not publish to projects\/p\/topics\/events: INVALID_ARGUMENT\. \(.*not \\u001b\[31mthis one\)$/m,
    );
    expect(left()).toBe(2);
    broken = [];
    expect((await run()).code).toBe(0);
    expect(arrived()).toEqual(ids(10));
    expect(left()).toBe(0);
  });
});

it('publishes again when a confirmation is lost, so that nothing is acknowledged on trust', () => {
  const lost = new Set(['msg_1', 'msg_2']);
  const losing = faulty('Publish', (webhookIds) =>
    webhookIds.some((id) => lost.delete(id)) ? { committed: true, fail: Code.UNAVAILABLE } : undefined,
  );
  return withDeadLetters(4, losing, async ({ arrived, left, run }) => {
    expect((await run()).code).toBe(0);
    expect(arrived()).toEqual(['msg_0', 'msg_1', 'msg_1', 'msg_2', 'msg_2', 'msg_3']);
    expect(left()).toBe(0);
  });
});

it('says what was moved but not acknowledged', () =>
  withDeadLetters(
    3,
    faulty('Acknowledge', () => ({ fail: Code.FAILED_PRECONDITION })),
    async ({ arrived, run }) => {
      const { code, stdout, stderr } = await run();
      expect(code).toBe(1);
      expect(stdout).toContain('3 moved, 0 failed.\n');
      expect(stderr).toBe('3 moved but not acknowledged: another run publishes them again, with the same webhookId.\n');
      expect(arrived()).toEqual(ids(3));
    },
  ));

it('does not publish twice what comes again because its acknowledgement failed', () => {
  let failures = 1;
  const failing = faulty('Acknowledge', () => (failures-- > 0 ? { fail: Code.FAILED_PRECONDITION } : undefined));
  // Leases of a fifth of a second: the messages come again within the run.
  return withDeadLetters(3, { ...failing, ackDeadlineScale: 0.02 }, async ({ arrived, left, run }) => {
    expect(await run()).toMatchObject({ code: 0, stderr: '' });
    expect(arrived()).toEqual(ids(3));
    expect(left()).toBe(0);
  });
});

it('moves each message once, though its lease runs out before its publish is confirmed', () => {
  const slow = faulty('Publish', () => ({ delayMs: 250 }));
  return withDeadLetters(20, { ...slow, ackDeadlineScale: 0.01 }, async ({ arrived, left, run }) => {
    expect((await run()).stdout).toContain('20 moved, 0 failed.\n');
    expect(arrived()).toEqual(ids(20));
    expect(left()).toBe(0);
  });
});

it('ends although a source that marks nothing puts each message back at once', () => {
  let putBack = (): unknown => undefined;
  const onEvent = (event: { type: string; topic?: string }): void => {
    if (event.type === 'published' && event.topic === TOPIC) putBack();
  };
  const message = { data: 'again' };
  return withDeadLetters(Array(50).fill(message), { onEvent }, async ({ emulator, left, run }) => {
    putBack = () => emulator.publish(DEAD_LETTER_TOPIC, message);
    const { code, stdout } = await run();
    expect(stdout).toContain('1000 moved, 0 failed.\n50 stay, since they failed again after being moved');
    expect(code).toBe(1);
    expect(left()).toBe(50);
  });
});

it.concurrent('reaches an emulator directly, whatever the proxy variables say', () =>
  withDeadLetters(1, {}, async ({ start }) => {
    const names = ['grpc_proxy', 'http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];
    const nowhere = Object.fromEntries(names.map((name) => [name, 'http://127.0.0.1:9']));
    const stdout = expect.stringContaining('1 moved, 0 failed.\n');
    expect(await start(nowhere).done).toMatchObject({ code: 0, stdout });
  }));

it.concurrent('goes on when the reader of its output has gone', () =>
  withDeadLetters(3, {}, async ({ arrived, start }) => {
    const { child, done } = start();
    child.stdout.destroy();
    expect(await done).toMatchObject({ code: 0, stderr: '' });
    expect(arrived()).toEqual(ids(3));
  }));
