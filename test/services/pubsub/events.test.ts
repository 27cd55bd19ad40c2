import { NAMES, openPush, until } from './emulator-fixture.ts';

let open: Awaited<ReturnType<typeof openPush>>;

afterEach(() => open.close());

it('tells when each delivery began, and how long it is until the next one', async () => {
  open = await openPush(() => 400);
  open.emulator.publish(NAMES.topic, { data: 'bad' });
  await until('a dead letter', () => open.emulator.published(NAMES.deadLetterTopic).length === 1);
  const deliveries = open.events.filter((event) => event.type === 'delivered');
  expect(deliveries).toHaveLength(5);
  for (const [index, { startedAt, redeliveredAfterMs }] of deliveries.slice(0, -1).entries()) {
    const next = deliveries[index + 1]?.startedAt.getTime() ?? 0;
    // The first comes at once.
    expect(redeliveredAfterMs).toBeGreaterThan(index === 0 ? -1 : 5);
    // Timers and the clock are rounded to milliseconds.
    expect(next).toBeGreaterThanOrEqual(startedAt.getTime() + Math.floor(redeliveredAfterMs ?? 0) - 2);
  }
  expect(deliveries.at(-1)?.redeliveredAfterMs).toBeUndefined();
});

it('tells which subscription a filter kept a message from', async () => {
  const filter = 'attributes.colour = "red"';
  open = await openPush(() => 204, { plan: { filter } });
  const blue = { data: '1', attributes: { colour: 'blue' } };
  open.emulator.publish(NAMES.topic, blue, { data: '2', attributes: { colour: 'red' } });
  expect(open.events.filter(({ type }) => type === 'filtered')).toEqual([
    { type: 'filtered', subscription: NAMES.subscription, filter, message: open.emulator.published(NAMES.topic)[0] },
  ]);
  expect(open.emulator.backlog(NAMES.subscription)).toBe(1);
});
