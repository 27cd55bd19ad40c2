import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf } from '../incident-webhook/body.ts';
import { expectForm } from './hostile-table.ts';
import { type Http2Peer, startHttp2Peer } from './http2-peer.ts';
import { type Exchange, startWebhookSystem, type WebhookSystem } from './webhook-system.ts';

/** The contract's limits: for any answer, and for the recovery after any fault. */
const ANSWER_MS = 8_000;
const RECOVERY_MS = 25_000;
const BODY = bodyOf();

/** The webhook function, publishing to a peer that can be told to break the protocol. */
export interface WebhookWithPeer {
  readonly system: WebhookSystem;
  readonly peer: Http2Peer;
  close(): Promise<void>;
}

/** Starts both. */
export async function startWebhookWithPeer(): Promise<WebhookWithPeer> {
  const peer = await startHttp2Peer();
  const system = await startWebhookSystem({}, async () => peer.port);
  return {
    system,
    peer,
    async close() {
      await system.stop();
      await peer.close();
    },
  };
}

/**
 * Sends a signed event, and expects the answer in time; by the function's clock, since the sender's
 * may be kept waiting.
 */
export async function sendInTime({ system }: WebhookWithPeer, id?: string): Promise<Exchange> {
  const sent = await system.send({ body: BODY, ...(id !== undefined && { signing: { id } }) });
  const [line] = await system.linesOf(sent);
  expect(line?.metadata['durationMs']).toBeLessThan(ANSWER_MS);
  return sent;
}

/** Holds an event that could not be published against the contract: 503, and one line that says why. */
export async function expectNotPublished({ system }: WebhookWithPeer, sent: Exchange): Promise<void> {
  expectForm(sent.answer, 503);
  const lines = await system.linesOf(sent);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ severity: 'ERROR', metadata: { outcome: 'unavailable', status: 503 } });
  expect(lines[0]?.metadata['reason']).toMatch(/^publish(_timeout)?$/);
}

/** Sends until an event is published; until then each is answered with a clean 503. */
export async function expectRecovery(scene: WebhookWithPeer): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const sent = await sendInTime(scene);
    if (sent.answer?.status === 204) return;
    await expectNotPublished(scene, sent);
    expect(performance.now() - startedAt).toBeLessThan(RECOVERY_MS);
    await sleep(200);
  }
}

/** Nothing that the peer said is in the log, and every line is in its form. */
export function expectSilenceAbout({ system }: WebhookWithPeer, text: string): void {
  for (const line of system.output) expect(JSON.parse(line)).toHaveProperty('severity');
  expect(system.output.filter((line) => line.includes(text))).toEqual([]);
}
