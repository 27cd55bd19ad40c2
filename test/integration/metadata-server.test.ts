import { setTimeout as sleep } from 'node:timers/promises';
import { SECRET } from '../../tools/events/sign.ts';
import { type GoogleCloud, startGoogleCloud } from '../../tools/services/google-cloud/google-apis.ts';
import { answerJson, type TokenAnswer } from '../../tools/services/google-cloud/google-network.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import { concurrently } from '../support/concurrently.ts';
import { expectForm } from '../support/hostile-table.ts';
import { type Exchange, startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

/** The contract's limits: for any answer, and for the recovery after any fault. */
const ANSWER_MS = 8_000;
const RECOVERY_MS = 25_000;
/** In whatever the metadata server says: a token that it began to send is not for the log. */
const MARK = 'ya29.token-in-an-answer';
const HOUR = 3_599;
/** The client asks for a new one with every call once less than five minutes are left. */
const SHORT = 60;

const FAULTS = {
  'answers 429': answer(429, MARK, 'text/plain'),
  'answers 500': answer(500, `{"error":"${MARK}"}`),
  'answers 503': answer(503, `<html>${MARK}</html>`, 'text/html'),
  'answers 404': answer(404, `{"error":"not_found","error_description":"${MARK}"}`),
  'answers 403': answer(403, `{"error":"forbidden","error_description":"${MARK}"}`),
  'sends half of a token': answer(200, `{"access_token":"${MARK}","expires_in":3`),
  'sends a page': answer(200, `<html>${MARK}</html>`, 'text/html'),
  'sends nothing': answer(200, ''),
  'cuts the connection': (res) => res.socket?.resetAndDestroy(),
} satisfies Record<string, TokenAnswer>;
const AT_RENEWAL = ['answers 429', 'answers 404', 'sends half of a token'] as const;

interface Surroundings {
  readonly system: WebhookSystem;
  readonly cloud: GoogleCloud;
}

for (const [name, fault] of Object.entries(FAULTS)) {
  scenario(`answers 503 while the metadata server ${name} at the start, and recovers`, fault, {}, async (here) => {
    await expectUnavailable(here, 'secret');
    here.cloud.answerToken = token(HOUR);
    await expectRecovery(here);
  });
}

scenario(
  'answers 503 while tokens cannot be renewed, and recovers',
  token(SHORT),
  { INCIDENT_WEBHOOK_SECRET: SECRET },
  async (here) => {
    for (const fault of AT_RENEWAL.map((name) => FAULTS[name])) {
      await expectRecovery(here);
      here.cloud.answerToken = fault;
      await expectUnavailable(here, 'publish');
      here.cloud.answerToken = token(SHORT);
    }
  },
);

scenario('uses a new token once the last one is about to end', token(SHORT), {}, async (here) => {
  await expectRecovery(here);
  const from = here.cloud.arrivals.length;
  for (let time = 0; time < 3; time += 1) expectForm((await send(here)).answer, 204);
  const tokens = here.cloud.arrivals.slice(from).map(({ authorization }) => authorization);
  expect(tokens).toHaveLength(3);
  expect(new Set(tokens).size).toBe(3);
});

function scenario(
  name: string,
  first: TokenAnswer,
  env: Record<string, string>,
  run: (here: Surroundings) => Promise<void>,
): void {
  concurrently(name, async () => {
    const cloud = await startGoogleCloud();
    cloud.answerToken = first;
    const system = await startWebhookSystem({
      K_SERVICE: 'incident-webhook',
      INCIDENT_WEBHOOK_SECRET: 'projects/p/secrets/webhook',
      PUBSUB_EMULATOR_HOST: undefined,
      ...cloud.env,
      ...env,
    });
    try {
      await run({ system, cloud });
      expect(system.output.filter((line) => line.includes(MARK))).toEqual([]);
    } finally {
      await system.stop();
      await cloud.close();
    }
  });
}

/** Gives out a new token each time, which lasts so many seconds. */
function token(seconds: number): TokenAnswer {
  return (res, count) =>
    answerJson(res, 200, { access_token: `token-${count}`, expires_in: seconds, token_type: 'Bearer' });
}

/** Answers with this status and text. */
function answer(status: number, text: string, type = 'application/json'): TokenAnswer {
  return (res) => res.writeHead(status, { 'content-type': type }).end(text);
}

async function send({ system }: Surroundings): Promise<Exchange> {
  const sent = await system.send({ body: bodyOf() });
  const [line] = await system.linesOf(sent);
  expect(line?.metadata['durationMs']).toBeLessThan(ANSWER_MS);
  return sent;
}

async function expectUnavailable(here: Surroundings, reason: string): Promise<void> {
  const sent = await send(here);
  expectForm(sent.answer, 503);
  const lines = await here.system.linesOf(sent);
  expect(lines).toMatchObject([{ severity: 'ERROR', metadata: { outcome: 'unavailable', status: 503 } }]);
  expect(lines[0]?.metadata['reason']).toMatch(reason);
}

async function expectRecovery(here: Surroundings): Promise<void> {
  const startedAt = performance.now();
  while ((await send(here)).answer?.status !== 204) {
    expect(performance.now() - startedAt).toBeLessThan(RECOVERY_MS);
    await sleep(200);
  }
}
