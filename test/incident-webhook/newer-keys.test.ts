import { setImmediate as turn } from 'node:timers/promises';
import type { SecretVersions } from '../../functions/incident-webhook/secret-store.ts';
import { GONE, NEW, OLD, OUTAGE, open, SECOND, UNDECIDED, versions } from './key-bench.ts';

describe('where no key matches, newer ones', () => {
  it('are read at once where the last read is 30 s old, and not before', async () => {
    const bench = open(OLD);
    await bench.accepts(OLD);
    bench.answer = versions(OLD, NEW);
    bench.clock += 30 * SECOND - 1;
    expect(await bench.accepts(NEW)).toBe(false);
    expect(bench.reads).toBe(1);
    bench.clock += 1;
    expect(await bench.accepts(NEW)).toBe(true);
    expect(bench.reads).toBe(2);
  });

  it('are read at most twice a minute, however many signatures are bad', async () => {
    const bench = open(OLD);
    for (let second = 0; second < 60; second += 1) {
      await Promise.all(Array.from({ length: 20 }, () => bench.accepts(NEW)));
      bench.clock += SECOND;
    }
    expect(bench.reads).toBe(2);
  });

  it('are given to all that wait for them while they are read', async () => {
    const bench = open(OLD);
    await bench.accepts(OLD);
    const { promise, resolve } = Promise.withResolvers<SecretVersions>();
    bench.answer = promise;
    bench.clock += 30 * SECOND;
    const first = bench.accepts(NEW);
    await turn();
    bench.clock += SECOND;
    const second = bench.accepts(NEW);
    resolve(versions(OLD, NEW));
    expect(await Promise.all([first, second])).toEqual([true, true]);
    expect(bench.reads).toBe(2);
  });

  it('leave it undecided where they could not be read, and that is tried again after 5 s', async () => {
    const bench = open(OLD);
    await bench.accepts(OLD);
    bench.answer = OUTAGE;
    bench.clock += 30 * SECOND;
    await expect(bench.accepts(NEW)).rejects.toMatchObject(UNDECIDED);
    expect(await bench.accepts(OLD)).toBe(true);
    bench.answer = versions(OLD);
    await expect(bench.accepts(NEW)).rejects.toMatchObject(UNDECIDED);
    bench.clock += 5 * SECOND;
    expect(await bench.accepts(NEW)).toBe(false);
  });

  it('leave it undecided with keys of 20 minutes ago, read while the store fails', async () => {
    const bench = open(OLD);
    await bench.accepts(OLD);
    bench.answer = OUTAGE;
    bench.clock += 1_200 * SECOND;
    await expect(bench.accepts(NEW)).rejects.toMatchObject(UNDECIDED);
    expect(await bench.accepts(OLD)).toBe(true);
  });

  it('are refused where the store says that there are none', async () => {
    const bench = open(OLD);
    await bench.accepts(OLD);
    bench.answer = GONE;
    bench.clock += 30 * SECOND;
    await expect(bench.accepts(NEW)).rejects.toMatchObject(UNDECIDED);
    await expect(bench.accepts(OLD)).rejects.toMatchObject(UNDECIDED);
  });
});
