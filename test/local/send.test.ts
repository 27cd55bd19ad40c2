import { OUTCOMES } from '../../functions/incident-webhook/outcomes.ts';
import { meaningOf } from '../../tools/events/meaning.ts';
import { SECRET } from '../../tools/events/sign.ts';
import { FAULTS } from '../../tools/events/signed-request.ts';
import { explain } from '../../tools/local/timeline/explanation.ts';
import type { Hop } from '../../tools/local/timeline/hop.ts';
import { makeFolder, run } from './started-system.ts';

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
    ['no secret for the local system', [], {}, /there is no secret to sign with: start the local system once/],
    ['a malformed secret', [], { INCIDENT_WEBHOOK_SECRET: 'hunter2' }, /INCIDENT_WEBHOOK_SECRET must be whsec_/],
    [
      'an unknown fault',
      ['--fault', 'x'],
      {},
      /argument 'x' is invalid\. Allowed choices are bad-signature[\s\S]*--help lists every option/,
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
});

describe('the words', () => {
  it.each(Object.entries(OUTCOMES).filter(([, { status }]) => status >= 400))('explain %s', (reason, { status }) => {
    const hop: Hop = { at: '', event: '', name: 'verified', state: 'stopped', text: '', reason };
    expect(explain(hop, () => '')).toMatch(/[.?]$/);
    expect(meaningOf(status)).not.toMatch(/Check the URL/);
  });
});
