import { jest } from '@jest/globals';
import {
  addDeadLetters,
  arrived,
  DEAD_LETTERS,
  ids,
  runRedrive,
  SUBSCRIBER,
  startRedrive,
  TOPIC,
  USUAL,
  withEmulator,
} from './run-redrive.ts';

// Several processes: seconds on a quiet machine, minutes on a busy one.
jest.setTimeout(300_000);

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
      expect(moved).toBe(arrived(emulator).length);
      expect(moved).toBeGreaterThanOrEqual(400);
      expect(moved).toBeLessThan(1_000);
      expect(emulator.backlog(DEAD_LETTERS)).toBe(1_000 - moved);
      const second = await runRedrive(emulator);
      expect(second).toMatchObject({ code: 0, stderr: '' });
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
