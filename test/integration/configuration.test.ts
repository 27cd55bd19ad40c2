import { join } from 'node:path';
import { SECRET } from '../../tools/events/sign.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import { concurrently } from '../support/concurrently.ts';
import { expectForm, expectOutcome } from '../support/hostile-table.ts';
import { type Line, startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

const BAD_VALUE = 'sEcReT-vAlUe';

/** The variables that are set, and those that the one line has to name. */
const WRONG: [string, Record<string, string | undefined>, string[]][] = [
  [
    'nothing is set',
    { INCIDENT_WEBHOOK_SECRET: undefined, INCIDENT_EVENTS_TOPIC: undefined },
    ['INCIDENT_WEBHOOK_SECRET', 'INCIDENT_EVENTS_TOPIC'],
  ],
  [
    'everything is malformed',
    {
      INCIDENT_WEBHOOK_SECRET: `${SECRET} whsec_${BAD_VALUE}`,
      INCIDENT_EVENTS_TOPIC: BAD_VALUE,
      PUBSUB_EMULATOR_HOST: BAD_VALUE,
      SECRET_MANAGER_EMULATOR_HOST: `${BAD_VALUE}:99999`,
      LOG_LEVEL: BAD_VALUE,
    },
    [
      'INCIDENT_WEBHOOK_SECRET',
      'INCIDENT_EVENTS_TOPIC',
      'PUBSUB_EMULATOR_HOST',
      'SECRET_MANAGER_EMULATOR_HOST',
      'LOG_LEVEL',
    ],
  ],
  ['the secret has the form v1,whsec_', { INCIDENT_WEBHOOK_SECRET: `v1,${SECRET}` }, ['INCIDENT_WEBHOOK_SECRET']],
  ['an emulator is set in a deployed function', { K_SERVICE: 'incident-webhook' }, ['PUBSUB_EMULATOR_HOST']],
];

for (const [name, env, variables] of WRONG) {
  concurrently(`names everything that is wrong at once, and never a value: ${name}`, () =>
    withSystem(env, async (system) => {
      const sent = await system.send({ body: bodyOf() });
      await expectOutcome(system, sent, [503, 'unavailable', 'ERROR', 'configuration']);
      // What needs no configuration is decided without it.
      expectForm((await system.send({ path: '/x' })).answer, 404);
      expectForm((await system.send({ body: bodyOf(), signing: null })).answer, 401);
      const named = linesOf(system).filter(
        ({ metadata }) => metadata['reason'] === 'configuration' && metadata['status'] === undefined,
      );
      expect(named.map(({ severity }) => severity)).toEqual(['ERROR']);
      const words = (named[0]?.message ?? '').match(/[A-Z][A-Z_]{5,}/g) ?? [];
      expect([...new Set(words)].sort()).toEqual([...variables].sort());
      for (const value of [BAD_VALUE, SECRET.slice(6)]) expect(system.output.join()).not.toContain(value);
    }),
  );
}

concurrently('takes secrets with white space around and between them', () =>
  withSystem({ INCIDENT_WEBHOOK_SECRET: `\n ${SECRET}  whsec_c2Vjb25kIHNlY3JldCBmb3IgdGVzdHM=\n` }, async (system) => {
    expectForm((await system.send({ body: bodyOf() })).answer, 204);
  }),
);

concurrently('has no switch that lets an unsigned request in', () =>
  withSystem({ CI: 'true', SKIP_VERIFICATION: '1', VERIFY_SIGNATURE: 'false' }, async (system) => {
    expectForm((await system.send({ body: bodyOf(), signing: null })).answer, 401);
  }),
);

concurrently('writes its lines whole where the platform adds an execution id', () =>
  withSystem({ LOG_EXECUTION_ID: 'true' }, async (system) => {
    const sent = await system.send({ body: bodyOf() });
    await expectOutcome(system, sent, [204, 'published', 'INFO']);
  }),
);

for (const source of ['INCIDENT_WEBHOOK_SECRET', 'PUBSUB_EMULATOR_HOST']) {
  concurrently(`survives that no credentials can be had: ${source}`, () => {
    // No key file, no metadata server, no emulator: nothing leaves this machine.
    const env = {
      ...(source === 'INCIDENT_WEBHOOK_SECRET' && { [source]: 'projects/p/secrets/webhook' }),
      ...(source === 'PUBSUB_EMULATOR_HOST' && { [source]: undefined }),
      HOME: join('/', 'nonexistent'),
      GOOGLE_APPLICATION_CREDENTIALS: join('/', 'nonexistent', 'key.json'),
    };
    return withSystem(env, async (system) => {
      for (let at = 0; at < 3; at += 1) {
        const startedAt = performance.now();
        const sent = await system.send({ body: bodyOf() });
        expect(performance.now() - startedAt).toBeLessThan(8_000);
        const reason = source === 'INCIDENT_WEBHOOK_SECRET' ? 'secret' : 'publish';
        await expectOutcome(system, sent, [503, 'unavailable', 'ERROR', reason]);
      }
    });
  });
}

async function withSystem(
  env: Record<string, string | undefined>,
  run: (system: WebhookSystem) => Promise<void>,
): Promise<void> {
  const system = await startWebhookSystem(env);
  try {
    await run(system);
    // Every line is one of ours: no stack of an unhandled rejection or an uncaught exception.
    expect(linesOf(system).every(({ severity }) => severity !== undefined)).toBe(true);
    expect(system.process.process.exitCode).toBeNull();
  } finally {
    await system.stop();
  }
}

const linesOf = (system: WebhookSystem): Line[] => system.output.map((line) => JSON.parse(line) as Line);
