import { jest } from '@jest/globals';
import { faulty, ids, type Open, withDeadLetters } from './run-redrive.ts';

// Several processes: seconds on a quiet machine, minutes on a busy one.
jest.setTimeout(300_000);

const SLOW = faulty('Publish', () => ({ delayMs: 20 }));

async function untilArrived({ arrived }: Open, count: number): Promise<void> {
  while (arrived().length < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

it.concurrent('moves 1,000, all of them once, though it is interrupted half-way and started again', () =>
  withDeadLetters(1_000, SLOW, async (open) => {
    const { child, done } = open.start();
    await untilArrived(open, 400);
    // As npm does: the terminal's signal, and the one npm passes on.
    child.kill('SIGINT');
    child.kill('SIGINT');
    const first = await done;
    expect(first.code).toBe(130);
    const moved = Number(/^Interrupted: (\d+) moved, 0 failed\.$/m.exec(first.stdout)?.[1]);
    expect(moved).toBe(open.arrived().length);
    expect(moved).toBeGreaterThanOrEqual(400);
    expect(moved).toBeLessThan(1_000);
    expect(open.left()).toBe(1_000 - moved);
    const second = await open.run();
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(second.stdout).toContain(`${1_000 - moved} moved, 0 failed.\n`);
    expect(open.arrived()).toEqual(ids(1_000));
    expect(open.left()).toBe(0);
  }));

it.concurrent('loses nothing when it is killed, and repeats at most the 50 in flight', () =>
  withDeadLetters(200, { ...SLOW, ackDeadlineScale: 0.02 }, async (open) => {
    const { child, done } = open.start();
    await untilArrived(open, 80);
    child.kill('SIGKILL');
    await done;
    expect((await open.run()).code).toBe(0);
    expect([...new Set(open.arrived())]).toEqual(ids(200));
    expect(open.arrived().length).toBeLessThanOrEqual(250);
    expect(open.left()).toBe(0);
  }));
