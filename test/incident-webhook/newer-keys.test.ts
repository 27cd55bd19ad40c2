import { setImmediate as turn } from 'node:timers/promises';
import type { SecretVersion } from '../../functions/incident-webhook/signing-keys.ts';
import { GONE, NEW, OLD, OUTAGE, open, REFUSED, SECOND, secretsOf, versions } from './key-bench.ts';

describe('newer keys', () => {
  it('are read at once where the last read is 30 s old, and not before', async () => {
    const bench = open(OLD);
    const tried = await bench.keys.current();
    bench.answer = versions(OLD, NEW);
    bench.clock += 30 * SECOND - 1;
    expect(await bench.keys.newerThan(tried)).toBeUndefined();
    expect(bench.reads).toBe(1);
    bench.clock += 1;
    expect(await secretsOf(bench.keys.newerThan(tried))).toEqual([OLD, NEW]);
    expect(bench.reads).toBe(2);
  });

  it('are read at most twice a minute, however many signatures are bad', async () => {
    const bench = open(OLD);
    for (let second = 0; second < 60; second += 1) {
      const tried = await bench.keys.current();
      await Promise.all(Array.from({ length: 20 }, () => bench.keys.newerThan(tried)));
      bench.clock += SECOND;
    }
    expect(bench.reads).toBe(2);
  });

  it('are given to all that wait for them while they are read', async () => {
    const bench = open(OLD);
    const tried = await bench.keys.current();
    const { promise, resolve } = Promise.withResolvers<readonly SecretVersion[]>();
    bench.answer = promise;
    bench.clock += 30 * SECOND;
    const first = bench.keys.newerThan(tried);
    await turn();
    bench.clock += SECOND;
    const second = bench.keys.newerThan(await bench.keys.current());
    resolve(versions(OLD, NEW));
    expect(await secretsOf(first)).toEqual([OLD, NEW]);
    expect(await secretsOf(second)).toEqual([OLD, NEW]);
    expect(bench.reads).toBe(2);
  });

  it('are there without a read where somebody else has read them meanwhile', async () => {
    const bench = open(OLD);
    const tried = await bench.keys.current();
    bench.answer = versions(OLD, NEW);
    bench.clock += 30 * SECOND;
    await bench.keys.newerThan(tried);
    expect(await secretsOf(bench.keys.newerThan(tried))).toEqual([OLD, NEW]);
    expect(bench.reads).toBe(2);
  });

  it('are none where the store fails; the ones there are go on', async () => {
    const bench = open(OLD);
    const tried = await bench.keys.current();
    bench.answer = OUTAGE;
    bench.clock += 30 * SECOND;
    expect(await bench.keys.newerThan(tried)).toBeUndefined();
    expect(await bench.keys.current()).toBe(tried);
  });

  it('are refused where the store says that there are none', async () => {
    const bench = open(OLD);
    const tried = await bench.keys.current();
    bench.answer = GONE;
    bench.clock += 30 * SECOND;
    await expect(bench.keys.newerThan(tried)).rejects.toMatchObject(REFUSED);
    await expect(bench.keys.current()).rejects.toMatchObject(REFUSED);
  });
});
