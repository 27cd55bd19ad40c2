import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OUTCOMES } from '../../functions/incident-webhook/outcomes.ts';
import { EXAMPLES, eventTypes, FAULTS } from '../../tools/events/catalogue.ts';
import { meaningOf } from '../../tools/events/meaning.ts';
import { samplePayload } from '../../tools/events/payload.ts';
import { SECRET } from '../../tools/events/sign.ts';
import { findSigningSecret } from '../../tools/events/signing-secret.ts';
import { explain } from '../../tools/local/timeline/explanation.ts';
import type { Hop } from '../../tools/local/timeline/hop.ts';
import { startSecretManagerServer } from '../../tools/services/secret-manager/secret-manager-server.ts';
import { makeFolder, run } from './started-system.ts';

const NEWER = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const DEPLOYED = new URL('https://incident-webhook.example/webhooks/incident/lead');

describe('npm run send', () => {
  const folder = makeFolder();
  afterAll(() => folder[Symbol.dispose]());

  it.each<[name: string, args: string[], env: Record<string, string>, message: RegExp]>([
    [
      'an address where nothing listens',
      ['--url', 'http://127.0.0.1:1/'],
      { INCIDENT_WEBHOOK_SECRET: SECRET },
      /nothing listens at http:\/\/127\.0\.0\.1:1\. Start the local system with npm start/,
    ],
    [
      'a malformed address',
      ['--url', 'localhost'],
      {},
      /--url must be an http or https URL, but is "localhost"\. Example:/,
    ],
    [
      'no secret for a deployed system',
      ['--url', DEPLOYED.href],
      {},
      /INCIDENT_WEBHOOK_SECRET is missing: to sign for incident-webhook\.example, set it/,
    ],
    ['no secret for the local system', [], {}, /there is no secret to sign with: start the local system once/],
    ['a malformed secret', [], { INCIDENT_WEBHOOK_SECRET: 'hunter2' }, /INCIDENT_WEBHOOK_SECRET must be whsec_/],
    [
      'an unknown fault',
      ['--fault', 'x'],
      {},
      /argument 'x' is invalid\. Allowed choices are bad-signature[\s\S]*--help lists every option/,
    ],
    [
      'a lead that is neither case nor id',
      ['--lead', 'who?'],
      { INCIDENT_WEBHOOK_SECRET: SECRET },
      /"who\?" is neither a Slack id, such as U01LEAD, nor one of: without-role/,
    ],
    [
      'an unknown event type',
      ['--event', 'x'],
      { INCIDENT_WEBHOOK_SECRET: SECRET },
      /no example of the event type "x"\. There are:\n {2}private_alert/,
    ],
    [
      'a status for another event type',
      ['--event', 'svix.ping', '--status', 'live'],
      { INCIDENT_WEBHOOK_SECRET: SECRET },
      /--status changes public_incident\.incident_updated_v2 only/,
    ],
    [
      'a file that is missing',
      ['--file', 'nothing.json'],
      { INCIDENT_WEBHOOK_SECRET: SECRET },
      /--file nothing\.json cannot be read \(ENOENT\)/,
    ],
    [
      'a folder as a file',
      ['--file', '/tmp'],
      { INCIDENT_WEBHOOK_SECRET: SECRET },
      /--file \/tmp cannot be read \(EISDIR\): give the path of a file/,
    ],
    ['an unknown option', ['--nothing'], {}, /unknown option '--nothing'\n\(--help lists every option\)/],
  ])('names %s, and ends with 2', async (_, args, env, message) => {
    const { code, stdout, stderr } = await run('send', ['--folder', folder.local, ...args], env);
    expect(stderr).toMatch(message);
    expect(stdout + stderr).not.toContain('hunter2');
    expect(code).toBe(2);
  });

  it('helps, with examples', async () => {
    const { code, stdout } = await run('send', ['--help']);
    expect(stdout).toContain('Examples:\n  npm run send\n');
    for (const fault of Object.keys(FAULTS)) expect(stdout).toContain(fault);
    expect(code).toBe(0);
  });

  it('signs with the newest usable version of a secret in Secret Manager', async () => {
    const server = await startSecretManagerServer({
      versions: [
        { number: 9, state: 'ENABLED', data: SECRET },
        { number: 10, state: 'ENABLED', data: NEWER },
        { number: 11, state: 'ENABLED', data: 'no secret' },
        { number: 12, state: 'DISABLED', data: SECRET },
      ],
    });
    const env = { SECRET_MANAGER_EMULATOR_HOST: server.host };
    try {
      const named = { ...env, INCIDENT_WEBHOOK_SECRET: 'projects/p/secrets/webhook' };
      expect(await findSigningSecret(DEPLOYED, folder.local, named)).toBe(NEWER);
      const missing = { ...env, INCIDENT_WEBHOOK_SECRET: 'projects/p/secrets/other' };
      await expect(findSigningSecret(DEPLOYED, folder.local, missing)).rejects.toThrow(
        /could not be read.*gcloud auth application-default login/,
      );
    } finally {
      await server.close();
    }
  });
});

describe('sample events', () => {
  it('exist for every other event type, byte for byte', () => {
    for (const event of eventTypes().filter(
      (type) => type !== 'svix.ping' && !type.startsWith('public_incident.incident_updated'),
    )) {
      expect(samplePayload({ event })).toBe(readFileSync(join(EXAMPLES, `${event}.json`), 'utf8'));
    }
  });
});

describe('the words', () => {
  it.each(Object.entries(OUTCOMES).filter(([, { status }]) => status >= 400))('explain %s', (reason, { status }) => {
    const hop: Hop = { at: '', event: '', name: 'verified', state: 'stopped', text: '', reason };
    expect(explain(hop, () => '')).toMatch(/[.?]$/);
    expect(meaningOf(status)).not.toMatch(/Check the URL/);
  });
});
