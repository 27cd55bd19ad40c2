import { setTimeout as sleep } from 'node:timers/promises';
import { deadlineAfter } from '../../shared/deadline.ts';

const never = new Promise<string>(() => {});
const late = () => new Error('late');

describe('deadlineAfter', () => {
  it('counts from the start it is given and is never negative', () => {
    expect(deadlineAfter(8_000, performance.now() - 60_000).remaining()).toBe(0);
  });

  it('settles as the work does', async () => {
    const deadline = deadlineAfter(5_000);
    await expect(deadline.race(Promise.resolve('done'), late)).resolves.toBe('done');
    await expect(deadline.race(Promise.reject(new Error('work')), late)).rejects.toThrow('work');
  });

  it('rejects work that takes longer', async () => {
    await expect(deadlineAfter(10).race(never, late)).rejects.toThrow('late');
  });

  it('rejects at once where no time is left', async () => {
    await expect(deadlineAfter(8_000, performance.now() - 60_000).race(never, late)).rejects.toThrow('late');
  });

  it('leaves no rejection unhandled where the work fails after all', async () => {
    const work = sleep(20).then(() => {
      throw new Error('work');
    });
    await expect(deadlineAfter(5).race(work, late)).rejects.toThrow('late');
    await sleep(30);
  });
});
