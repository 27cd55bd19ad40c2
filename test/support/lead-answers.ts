import { setTimeout as sleep } from 'node:timers/promises';
import type { Answered, LeadProcess } from './lead-process.ts';

/** By then every request is answered, whatever the fault. */
export const ANSWER_SECONDS = 8;
/** By then what comes after a fault is fine, certificates excepted. */
const RECOVERY_SECONDS = 25;

/** Expects 204 and one line: that the lead holds the role. */
export function expectFine({ status, lines }: Answered): void {
  expect(lines).toMatchObject([{ severity: 'DEBUG', metadata: { outcome: 'lead_with_role' } }]);
  expect(status).toBe(204);
}

/** Expects 503 in time and one line, with that reason. */
export function expectUnavailable({ status, seconds, lines }: Answered, reason: string | RegExp): void {
  expect(lines).toMatchObject([{ severity: 'ERROR', metadata: { outcome: 'database_unavailable', status: 503 } }]);
  expect(lines[0]?.metadata['reason']).toMatch(reason);
  expect(status).toBe(503);
  expect(seconds).toBeLessThan(ANSWER_SECONDS);
}

/** Sends until it works again; each failure on the way is a clean one, and the process is the same. */
export async function expectRecovery(
  { send, lead }: { send(): Promise<Answered>; lead: LeadProcess },
  withinSeconds: number = RECOVERY_SECONDS,
): Promise<void> {
  const from = performance.now();
  for (;;) {
    const answered = await send();
    if (answered.status === 204) break;
    expectUnavailable(answered, /./);
    expect((performance.now() - from) / 1000).toBeLessThan(withinSeconds);
    await sleep(200);
  }
  expect(await Promise.race([lead.exited, sleep(0, 'running')])).toBe('running');
  expect(lead.errors).toEqual([]);
}
