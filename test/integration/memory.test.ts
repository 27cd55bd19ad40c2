import { WORST_REQUESTS } from '../../tools/bench/worst-requests.ts';
import { ask, preload } from '../../tools/services/functions/preload.ts';
import { exchange } from '../../tools/services/raw-http.ts';
import { expectForm } from '../support/hostile-table.ts';
import { startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

/** What one request of somebody without the secret may add to the resident memory. */
const MAX_GROWTH_KIB = 16 * 1024;
const WARM_UP = 20;
/** In the function's process: tells its highest resident memory, in KiB. */
const TELL_PEAK = "process.on('message', () => process.send(process.resourceUsage().maxRSS))";

let system: WebhookSystem;
beforeAll(async () => {
  system = await startWebhookSystem({ NODE_OPTIONS: preload(TELL_PEAK) });
  const plain = WORST_REQUESTS['1 MiB, forged']?.[1]() ?? '';
  for (let at = 0; at < WARM_UP; at += 1) await exchange(system.port, plain);
});
afterAll(() => system.stop());

it.each(Object.entries(WORST_REQUESTS))(
  '31 to 34 and the like: no more than 16 MiB for %s',
  async (_name, [status, bytes]) => {
    const before = await ask(system.process.process);
    const answer = await exchange(system.port, bytes());
    // A busy machine may need more than the 5 s of a body for a million chunks.
    expectForm(answer, answer?.status === 408 ? 408 : status);
    expect((await ask(system.process.process)) - before).toBeLessThan(MAX_GROWTH_KIB);
  },
);
