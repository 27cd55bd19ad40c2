import { setTimeout as sleep } from 'node:timers/promises';
import { literalKeys, type SecretVersion } from '../../functions/incident-webhook/signing-keys.ts';
import { GONE, NEW, OLD, OUTAGE, open, REFUSED, SECOND, secretsOf, versions } from './key-bench.ts';

it('gives literals as they are, and never newer ones', async () => {
  const made = [{ sign: () => '' }];
  const keys = literalKeys(made);
  expect(await keys.current()).toBe(made);
  expect(await keys.newerThan(made)).toBeUndefined();
});

describe('current keys', () => {
  it('are read once by all that ask at the same time', async () => {
    const bench = open(OLD, NEW);
    const answers = await Promise.all(Array.from({ length: 50 }, () => secretsOf(bench.keys.current())));
    expect(answers).toEqual(Array.from({ length: 50 }, () => [OLD, NEW]));
    expect(bench.reads).toBe(1);
  });

  it('serve for 75 s, and are then read again before they are used', async () => {
    const bench = open(OLD);
    await bench.keys.current();
    bench.answer = versions(NEW);
    bench.clock += 75 * SECOND;
    expect(await secretsOf(bench.keys.current())).toEqual([OLD]);
    bench.clock += 1;
    expect(await secretsOf(bench.keys.current())).toEqual([NEW]);
    expect(bench.reads).toBe(2);
  });

  it('are as old as the beginning of the read: a version disabled meanwhile stops within 75 s', async () => {
    const bench = open();
    const { promise, resolve } = Promise.withResolvers<readonly SecretVersion[]>();
    bench.answer = promise;
    const first = bench.keys.current();
    bench.clock += 3 * SECOND;
    resolve(versions(OLD));
    await first;
    bench.answer = versions(NEW);
    bench.clock += 73 * SECOND;
    expect(await secretsOf(bench.keys.current())).toEqual([NEW]);
  });

  it.each([
    ['while the store fails, for up to 1 h', 3600, [OLD]],
    ['not longer', 3601, undefined],
  ])('serve %s', async (_name, seconds, expected) => {
    const bench = open(OLD);
    await bench.keys.current();
    bench.answer = OUTAGE;
    bench.clock += seconds * SECOND;
    if (expected) expect(await secretsOf(bench.keys.current())).toEqual(expected);
    else await expect(bench.keys.current()).rejects.toMatchObject(REFUSED);
  });

  it('serve once the patience of a request is over while the store hangs; where there are none, it waits', async () => {
    const bench = open(OLD);
    await bench.keys.current();
    const { promise, resolve } = Promise.withResolvers<readonly SecretVersion[]>();
    bench.answer = promise;
    bench.clock += 80 * SECOND;
    expect(await secretsOf(bench.keys.current(1))).toEqual([OLD]);
    const first = open();
    first.answer = promise;
    const waiting = secretsOf(first.keys.current(1));
    await sleep(20);
    resolve(versions(NEW));
    expect(await waiting).toEqual([NEW]);
  });

  it('are asked for every 5 s while the store fails, and are there after it has recovered', async () => {
    const bench = open(OLD);
    await bench.keys.current();
    bench.answer = OUTAGE;
    bench.clock += 76 * SECOND;
    for (let asked = 0; asked < 10; asked += 1) expect(await secretsOf(bench.keys.current())).toEqual([OLD]);
    expect(bench.reads).toBe(2);
    bench.clock += 5 * SECOND;
    await bench.keys.current();
    expect(bench.reads).toBe(3);
    bench.answer = versions(NEW);
    bench.clock += 5 * SECOND;
    expect(await secretsOf(bench.keys.current())).toEqual([NEW]);
  });

  it('are dropped at once where the store says that there are none', async () => {
    const bench = open(OLD);
    await bench.keys.current();
    bench.answer = GONE;
    bench.clock += 76 * SECOND;
    await expect(bench.keys.current()).rejects.toMatchObject({ ...REFUSED, cause: GONE });
    bench.answer = OUTAGE;
    bench.clock += 5 * SECOND;
    await expect(bench.keys.current()).rejects.toMatchObject({ ...REFUSED, cause: OUTAGE });
    bench.answer = versions(OLD);
    bench.clock += 1 * SECOND;
    expect(await secretsOf(bench.keys.current())).toEqual([OLD]);
  });

  it('are refused where no version is ENABLED', async () => {
    await expect(open().keys.current()).rejects.toMatchObject(REFUSED);
  });

  it('are asked for once a second while there are none', async () => {
    const bench = open();
    bench.answer = OUTAGE;
    const ask = () => expect(bench.keys.current()).rejects.toMatchObject({ ...REFUSED, cause: OUTAGE });
    await Promise.all(Array.from({ length: 10 }, ask));
    bench.clock += 999;
    await ask();
    expect(bench.reads).toBe(1);
    bench.answer = versions(OLD);
    bench.clock += 1;
    expect(await secretsOf(bench.keys.current())).toEqual([OLD]);
  });
});

describe('a version that is no usable secret', () => {
  it('is skipped and reported once, by its number', async () => {
    const bench = open(OLD, 'garbage', NEW, 'v1,whsec_T0xEX09MRF9PTERfT0xEX09M');
    expect(await secretsOf(bench.keys.current())).toEqual([OLD, NEW]);
    bench.clock += 76 * SECOND;
    await bench.keys.current();
    expect(bench.badVersions).toEqual(['2', '4']);
  });

  it('may be all there is, and then nothing can be decided', async () => {
    const bench = open('garbage');
    await expect(bench.keys.current()).rejects.toMatchObject(REFUSED);
    expect(bench.badVersions).toEqual(['1']);
  });
});
