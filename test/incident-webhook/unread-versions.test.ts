import { beside, NEW, OLD, OTHER, OUTAGE, open, SECOND, UNDECIDED, versions } from './key-bench.ts';

describe('a version that is not a usable secret', () => {
  it('is skipped and named once, by its number', async () => {
    const bench = open(OLD, 'garbage', NEW, 'v1,whsec_T0xEX09MRF9PTERfT0xEX09M');
    expect(await bench.accepts(NEW)).toBe(true);
    bench.clock += 76 * SECOND;
    await bench.accepts(OLD);
    expect(bench.notices.map(({ kind, versions }) => [kind, ...versions])).toEqual([
      ['unusable', '2'],
      ['unusable', '4'],
    ]);
  });

  it('may be all there is, and then nothing can be decided', async () => {
    const bench = open('garbage');
    await expect(bench.accepts(OLD)).rejects.toMatchObject(UNDECIDED);
    expect(bench.notices).toEqual([{ kind: 'unusable', versions: ['1'] }]);
  });
});

describe('a version that could not be read', () => {
  it('keeps the others from nothing, and is named', async () => {
    const bench = open();
    bench.answer = beside({}, OLD);
    expect(await bench.accepts(OLD)).toBe(true);
    expect(bench.notices).toEqual([{ kind: 'unread', versions: ['9'], detail: 'INTERNAL' }]);
  });

  it('leaves undecided what no other version matches, until it is read, at most 5 s later', async () => {
    const bench = open();
    bench.answer = beside({}, OLD);
    await expect(bench.accepts(NEW)).rejects.toMatchObject(UNDECIDED);
    bench.answer = versions(OLD, NEW);
    bench.clock += 5 * SECOND;
    expect(await bench.accepts(NEW)).toBe(true);
    expect(await bench.accepts(OTHER)).toBe(false);
  });

  it('serves as it was last read, for up to 1 h, and then a mismatch can be decided', async () => {
    const bench = open(OLD, NEW);
    await bench.accepts(NEW);
    bench.answer = beside({ number: '2' }, OLD);
    bench.clock += 76 * SECOND;
    expect(await bench.accepts(NEW)).toBe(true);
    expect(await bench.accepts(OTHER)).toBe(false);
    expect(bench.notices).toEqual([{ kind: 'stale', versions: ['2'], detail: 'INTERNAL' }]);
    bench.clock += 3_600 * SECOND;
    await expect(bench.accepts(NEW)).rejects.toMatchObject(UNDECIDED);
    expect(await bench.accepts(OLD)).toBe(true);
  });

  it('does not let an older one go on that is disabled, though it is all that is left', async () => {
    const bench = open(OLD);
    await bench.accepts(OLD);
    bench.answer = beside({ number: '2' });
    bench.clock += 76 * SECOND;
    await expect(bench.accepts(OLD)).rejects.toMatchObject(UNDECIDED);
    bench.answer = versions(OTHER, NEW);
    bench.clock += SECOND;
    expect(await bench.accepts(NEW)).toBe(true);
    expect(await bench.accepts(OLD)).toBe(false);
  });

  it('does not serve where the store says no', async () => {
    const bench = open(OLD, NEW);
    await bench.accepts(NEW);
    bench.answer = beside({ number: '2', denied: true }, OLD);
    bench.clock += 76 * SECOND;
    await expect(bench.accepts(NEW)).rejects.toMatchObject(UNDECIDED);
    expect(await bench.accepts(OLD)).toBe(true);
  });

  it('is named again once it was read in between', async () => {
    const bench = open();
    for (const answer of [beside({}, OLD), beside({}, OLD), versions(OLD), beside({}, OLD)]) {
      bench.answer = answer;
      bench.clock += 76 * SECOND;
      await bench.accepts(OLD);
    }
    expect(bench.notices).toHaveLength(2);
  });

  it('is an outage where it is all there is, and a no where the store denies it', async () => {
    const bench = open(OLD);
    await bench.accepts(OLD);
    bench.answer = beside({ number: '1' });
    bench.clock += 76 * SECOND;
    expect(await bench.accepts(OLD)).toBe(true);
    bench.answer = beside({ number: '1', denied: true });
    bench.clock += 76 * SECOND;
    await expect(bench.accepts(OLD)).rejects.toMatchObject(UNDECIDED);
    bench.answer = OUTAGE;
    bench.clock += 76 * SECOND;
    await expect(bench.accepts(OLD)).rejects.toMatchObject(UNDECIDED);
  });
});

it('names versions that are too old to be read, once', async () => {
  const bench = open();
  bench.answer = { ...versions(OLD), unused: ['3', '2', '1'] };
  await bench.accepts(OLD);
  bench.clock += 76 * SECOND;
  await bench.accepts(OLD);
  expect(bench.notices).toEqual([{ kind: 'unused', versions: ['3', '2', '1'] }]);
});
