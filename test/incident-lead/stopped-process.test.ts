import { setTimeout as sleep } from 'node:timers/promises';
import { concurrently } from '../support/concurrently.ts';
import { expectRecovery } from '../support/lead-answers.ts';
import type { Answered } from '../support/lead-process.ts';
import { type LeadSystem, startLeadSystems } from '../support/lead-system.ts';

/** As Cloud Run does with an instance that has no requests, only for longer there. */
const STOPPED_MS = 3_000;

const systems = startLeadSystems();
afterAll(() => systems.close());

concurrently('looks up what came while it was stopped and its connections were cut', async () => {
  const here = await systems.open();
  expectFine(await here.send());
  const sending = await whileStopped(here, async () => {
    here.proxy.cut();
    return [1, 2, 3].map(() => here.send());
  });
  for (const answered of await Promise.all(sending)) expectFine(answered);
});

concurrently('recovers after its connections went silent while it was stopped', async () => {
  const here = await systems.open();
  expectFine(await here.send());
  await whileStopped(here, async () => here.proxy.forget());
  await expectRecovery(here);
});

concurrently('recovers from being stopped in the middle of a look-up', async () => {
  const here = await systems.open();
  expectFine(await here.send());
  await here.proxy.set('delay');
  const answering = here.send();
  await sleep(200);
  await whileStopped(here, async () => here.proxy.cut());
  await here.proxy.set('pass');
  expect([204, 503]).toContain((await answering).status);
  await expectRecovery(here);
});

function expectFine({ status, lines }: Answered): void {
  expect(lines).toMatchObject([{ severity: 'DEBUG', metadata: { outcome: 'lead_with_role' } }]);
  expect(status).toBe(204);
}

/** Stops the process, and lets it go on a while after something has happened. */
async function whileStopped<Result>({ lead }: LeadSystem, happen: () => Promise<Result>): Promise<Result> {
  process.kill(lead.pid, 'SIGSTOP');
  try {
    const result = await happen();
    await sleep(STOPPED_MS);
    return result;
  } finally {
    process.kill(lead.pid, 'SIGCONT');
  }
}
