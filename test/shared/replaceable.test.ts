import { setTimeout as sleep } from 'node:timers/promises';
import { replaceable } from '../../shared/replaceable.ts';

/** Opens 1, 2, 3, ...; the attempts listed in `failing` fail. */
function counting(failing: readonly number[] = []) {
  const closed: number[] = [];
  let opened = 0;
  const open = async (): Promise<number> => {
    opened += 1;
    if (failing.includes(opened)) throw new Error(`attempt ${opened}`);
    return opened;
  };
  const numbers = replaceable(
    open,
    async (number) => {
      closed.push(number);
    },
    10,
  );
  return { numbers, closed, opened: () => opened };
}

it('opens with the first use, shares that among callers at the same time, and keeps it', async () => {
  const { numbers, opened } = counting();
  expect(opened()).toBe(0);
  expect(await Promise.all([numbers.current(), numbers.current()])).toEqual([1, 1]);
  expect(await numbers.current()).toBe(1);
});

it('forgets an opening that failed, which all who waited for it get', async () => {
  const { numbers } = counting([1]);
  const attempts = await Promise.allSettled([numbers.current(), numbers.current()]);
  expect(attempts.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await numbers.current()).toBe(2);
});

it('replaces what was used once, however many ask for it, and closes it later', async () => {
  const { numbers, closed } = counting();
  const used = numbers.current();
  numbers.replace(used);
  expect(await numbers.current()).toBe(2);
  numbers.replace(used);
  expect(await numbers.current()).toBe(2);
  expect(closed).toEqual([]);
  await sleep(50);
  expect(closed).toEqual([1]);
});

it('replaces what never opens', async () => {
  let opened = 0;
  const hanging = replaceable(
    () => {
      opened += 1;
      return opened === 1 ? new Promise<number>(() => {}) : Promise.resolve(opened);
    },
    async () => {},
    0,
  );
  hanging.replace(hanging.current());
  expect(await hanging.current()).toBe(2);
});
