import { setTimeout as sleep } from 'node:timers/promises';
import { ANSWER_BUDGET_MS, deadlineFrom } from '../../shared/deadline.ts';

const never = new Promise<string>(() => {});
const late = () => new Error('late');

describe('deadlineFrom', () => {
  it('leaves room within the 8 s of an answer', () => {
    expect(ANSWER_BUDGET_MS).toBe(7_500);
    const remaining = deadlineFrom(performance.now() - 7_000).remaining();
    expect(remaining).toBeGreaterThan(0);
    expect(remaining).toBeLessThanOrEqual(500);
  });

  it('counts from the start it is given and is never negative', () => {
    expect(deadlineFrom(performance.now() - 60_000).remaining()).toBe(0);
  });

  it('settles as the work does', async () => {
    const deadline = deadlineFrom(performance.now(), 5_000);
    await expect(deadline.race(Promise.resolve('done'), late)).resolves.toBe('done');
    await expect(deadline.race(Promise.reject(new Error('work')), late)).rejects.toThrow('work');
  });

  it('rejects work that takes longer', async () => {
    await expect(deadlineFrom(performance.now(), 10).race(never, late)).rejects.toThrow('late');
  });

  it('rejects at once where no time is left', async () => {
    await expect(deadlineFrom(performance.now() - 60_000).race(never, late)).rejects.toThrow('late');
  });

  it('leaves no rejection unhandled where the work fails after all', async () => {
    const work = sleep(20).then(() => {
      throw new Error('work');
    });
    await expect(deadlineFrom(performance.now(), 5).race(work, late)).rejects.toThrow('late');
    await sleep(30);
  });
});
