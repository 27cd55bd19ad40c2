import { setTimeout as sleep } from 'node:timers/promises';
import type { SecretVersions } from '../../functions/incident-webhook/secret-store.ts';
import { literalKeys } from '../../functions/incident-webhook/signing-keys.ts';
import { accepts, GONE, NEW, OLD, OTHER, OUTAGE, open, SECOND, UNDECIDED, versions } from './key-bench.ts';

it('takes every literal, and no other secret', async () => {
  const keys = literalKeys([OLD, NEW]);
  expect(await Promise.all([OLD, NEW, OTHER].map((secret) => accepts(keys, secret)))).toEqual([true, true, false]);
});

describe('stored keys', () => {
  it('are read once by all that ask at the same time', async () => {
    const bench = open(OLD, NEW);
    const answers = await Promise.all(Array.from({ length: 50 }, () => bench.accepts(NEW)));
    expect(answers).toEqual(Array(50).fill(true));
    expect(bench.reads).toBe(1);
  });

  it('serve for 75 s, and are then read again before they are used', async () => {
    const bench = open(OLD);
    await bench.accepts(OLD);
    bench.answer = versions(NEW);
    bench.clock += 75 * SECOND;
    expect(await bench.accepts(OLD)).toBe(true);
    bench.clock += 1;
    expect(await bench.accepts(OLD)).toBe(false);
    expect(await bench.accepts(NEW)).toBe(true);
    expect(bench.reads).toBe(2);
  });

  it('are as old as the beginning of the read: a version disabled meanwhile stops within 75 s', async () => {
    const bench = open();
    const { promise, resolve } = Promise.withResolvers<SecretVersions>();
    bench.answer = promise;
    const first = bench.accepts(OLD);
    bench.clock += 3 * SECOND;
    resolve(versions(OLD));
    await first;
    bench.answer = versions(NEW);
    bench.clock += 73 * SECOND;
    expect(await bench.accepts(OLD)).toBe(false);
  });

  it('serve while the store fails, for up to 1 h and not longer', async () => {
    const bench = open(OLD);
    await bench.accepts(OLD);
    bench.answer = OUTAGE;
    bench.clock += 3_600 * SECOND;
    expect(await bench.accepts(OLD)).toBe(true);
    bench.clock += 1 * SECOND;
    await expect(bench.accepts(OLD)).rejects.toMatchObject(UNDECIDED);
  });

  it('serve once half of the time of a request is over while the store hangs; where there are none, it waits', async () => {
    const bench = open(OLD);
    await bench.accepts(OLD);
    const { promise, resolve } = Promise.withResolvers<SecretVersions>();
    bench.answer = promise;
    bench.clock += 80 * SECOND;
    expect(await bench.accepts(OLD, 20)).toBe(true);
    const first = open();
    first.answer = promise;
    const waiting = first.accepts(NEW);
    await sleep(20);
    resolve(versions(NEW));
    expect(await waiting).toBe(true);
  });

  it('are refused where the store hangs until the time of the request is over', async () => {
    const bench = open();
    bench.answer = new Promise(() => {});
    await expect(bench.accepts(OLD, 20)).rejects.toMatchObject(UNDECIDED);
  });

  it('are asked for every 5 s while the store fails, and are there after it has recovered', async () => {
    const bench = open(OLD);
    await bench.accepts(OLD);
    bench.answer = OUTAGE;
    bench.clock += 76 * SECOND;
    for (let asked = 0; asked < 10; asked += 1) expect(await bench.accepts(OLD)).toBe(true);
    expect(bench.reads).toBe(2);
    bench.clock += 5 * SECOND;
    await bench.accepts(OLD);
    expect(bench.reads).toBe(3);
    bench.answer = versions(NEW);
    bench.clock += 5 * SECOND;
    expect(await bench.accepts(NEW)).toBe(true);
  });

  it('are dropped at once where the store says that there are none', async () => {
    const bench = open(OLD);
    await bench.accepts(OLD);
    bench.answer = GONE;
    bench.clock += 76 * SECOND;
    await expect(bench.accepts(OLD)).rejects.toMatchObject({ ...UNDECIDED, detail: GONE.message });
    bench.answer = OUTAGE;
    bench.clock += 5 * SECOND;
    await expect(bench.accepts(OLD)).rejects.toMatchObject({ ...UNDECIDED, detail: OUTAGE.message });
    bench.answer = versions(OLD);
    bench.clock += 1 * SECOND;
    expect(await bench.accepts(OLD)).toBe(true);
  });

  it.each([
    ['that there are none', GONE],
    ['that none is ENABLED', versions()],
    ['only what is no secret', versions('hello')],
  ])('are there a second after the store has said %s because of a bad signature', async (_, answer) => {
    const bench = open(OLD);
    await bench.accepts(OLD);
    bench.answer = answer;
    bench.clock += 31 * SECOND;
    await expect(bench.accepts(OTHER)).rejects.toMatchObject(UNDECIDED);
    bench.answer = versions(OLD);
    bench.clock += 1 * SECOND;
    expect(await bench.accepts(OLD)).toBe(true);
  });

  it('are refused where no version is ENABLED', async () => {
    await expect(open().accepts(OLD)).rejects.toMatchObject(UNDECIDED);
  });

  it('are asked for once a second while there are none', async () => {
    const bench = open();
    bench.answer = OUTAGE;
    const ask = () => expect(bench.accepts(OLD)).rejects.toMatchObject({ ...UNDECIDED, detail: OUTAGE.message });
    await Promise.all(Array.from({ length: 10 }, ask));
    bench.clock += 999;
    await ask();
    expect(bench.reads).toBe(1);
    bench.answer = versions(OLD);
    bench.clock += 1;
    expect(await bench.accepts(OLD)).toBe(true);
  });
});
