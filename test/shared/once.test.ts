import { once } from '../../shared/once.ts';

describe('once', () => {
  it('shares one attempt among callers at the same time, and its result with later ones', async () => {
    let made = 0;
    const get = once(async () => {
      made += 1;
      return made;
    });
    expect(await Promise.all([get(), get(), get()])).toEqual([1, 1, 1]);
    expect(await get()).toBe(1);
  });

  it('does nothing before the first call', () => {
    let made = 0;
    once(async () => {
      made += 1;
    });
    expect(made).toBe(0);
  });

  it('forgets a rejected attempt, which all who waited for it get', async () => {
    let made = 0;
    const get = once(async () => {
      made += 1;
      if (made === 1) throw new Error('first');
      return made;
    });
    const attempts = await Promise.allSettled([get(), get()]);
    expect(attempts.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await get()).toBe(2);
  });
});
