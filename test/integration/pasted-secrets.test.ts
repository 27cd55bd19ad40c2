import { SECRET, type Signing } from '../../tools/events/sign.ts';
import {
  type SecretManagerServer,
  startSecretManagerServer,
} from '../../tools/services/secret-manager/secret-manager-server.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import { expectForm } from '../support/hostile-table.ts';
import { type Line, startWebhookSystem, type WebhookSystem } from '../support/webhook-system.ts';

const OTHER = 'whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA==';
const BYTE_ORDER_MARK = '\ufeff';

/** What editors, shells and consoles put around a secret that counts as white space. */
const TRIMMED: readonly [string, (secret: string) => string][] = [
  ['a byte order mark', (secret) => `${BYTE_ORDER_MARK}${secret}`],
  ['a byte order mark and a line end', (secret) => `${BYTE_ORDER_MARK}${secret}\r\n`],
  ['spaces that do not break', (secret) => `\u00a0${secret}\u00a0`],
];
/** What they put around it, or make of it, that does not. */
const UNUSABLE: readonly [string, (secret: string) => string | Uint8Array][] = [
  ['double quotes', (secret) => `"${secret}"`],
  ['single quotes', (secret) => `'${secret}'`],
  ['typographic quotes', (secret) => `\u201c${secret}\u201d`],
  ['the name of the variable', (secret) => `INCIDENT_WEBHOOK_SECRET=${secret}`],
  ['a space without width', (secret) => `\u200b${secret}`],
  ['a NUL at its end', (secret) => `${secret}\0`],
  ['the signature prefix', (secret) => `v1,${secret}`],
  ['UTF-16', (secret) => Buffer.from(`${BYTE_ORDER_MARK}${secret}`, 'utf16le')],
];

describe('in Secret Manager', () => {
  let system: WebhookSystem;
  let secrets: SecretManagerServer;

  beforeEach(async () => {
    secrets = await startSecretManagerServer();
  });
  afterEach(async () => {
    await system.stop();
    await secrets.close();
  });

  it.each(TRIMMED)('takes a secret with %s', async (_name, paste) => {
    await start(paste(SECRET));
    await expectStatus(system, 204);
  });

  it('takes no secret with anything else around it: 503, and each version is named', async () => {
    await start(...UNUSABLE.map(([, paste]) => paste(SECRET)));
    await expectStatus(system, 503);
    expect(named()).toEqual(UNUSABLE.map((_, index) => String(index + 1)));
    expectSecrecy(system);
  });

  it('takes a good version beside others that are none', async () => {
    await start(...UNUSABLE.map(([, paste]) => paste(OTHER)), SECRET);
    await expectStatus(system, 204);
    await expectStatus(system, 401, { secret: OTHER });
    expect(named()).toHaveLength(UNUSABLE.length);
    expectSecrecy(system);
  });

  async function start(...data: (string | Uint8Array)[]): Promise<void> {
    secrets.versions = data.map((each, index) => ({ number: index + 1, state: 'ENABLED', data: each }));
    system = await startWebhookSystem({
      INCIDENT_WEBHOOK_SECRET: 'projects/p/secrets/webhook',
      SECRET_MANAGER_EMULATOR_HOST: secrets.host,
    });
  }

  /** The versions that ERROR lines name. */
  function named(): unknown[] {
    const lines = system.output.map((line) => JSON.parse(line) as Line);
    return lines
      .filter(({ severity, metadata }) => severity === 'ERROR' && metadata['reason'] === 'secret_version')
      .map(({ metadata }) => metadata['version'])
      .sort();
  }
});

describe('as a literal', () => {
  it.each(TRIMMED)('takes a secret with %s', (_name, paste) =>
    withLiteral(paste(SECRET), (system) => expectStatus(system, 204)),
  );

  it.each(UNUSABLE.filter(([name]) => !['UTF-16', 'a NUL at its end'].includes(name)))(
    'does not take a secret with %s, not even beside a good one: 503, and the variable is named',
    (_name, paste) =>
      withLiteral(`${SECRET} ${paste(OTHER)}`, async (system) => {
        await expectStatus(system, 503);
        const [line] = system.output.map((each) => JSON.parse(each) as Line);
        expect(line).toMatchObject({ severity: 'ERROR', metadata: { reason: 'configuration' } });
        expect(line?.message).toContain('INCIDENT_WEBHOOK_SECRET');
        expectSecrecy(system);
      }),
  );
});

async function withLiteral(secret: unknown, run: (system: WebhookSystem) => Promise<void>): Promise<void> {
  const system = await startWebhookSystem({ INCIDENT_WEBHOOK_SECRET: String(secret) });
  await run(system).finally(system.stop);
}

async function expectStatus(system: WebhookSystem, status: number, signing: Signing = {}): Promise<void> {
  const sent = await system.send({ body: bodyOf(), signing });
  expectForm(sent.answer, status);
  // The answer may arrive before what was written ahead of it has been read.
  expect(await system.linesOf(sent)).toHaveLength(1);
}

function expectSecrecy({ output }: WebhookSystem): void {
  for (const secret of [SECRET, OTHER]) {
    expect(output.filter((line) => line.includes(secret.slice('whsec_'.length)))).toEqual([]);
  }
}
