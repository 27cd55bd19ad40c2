import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Apps } from './apps.ts';

/** A bug: what to put in the place of which text, in files of the functions. */
export type Mutant = readonly { readonly file: string; readonly find: string; readonly replace: string }[];

const ROOT = join(import.meta.dirname, '..', '..');
const WEBHOOK = 'functions/incident-webhook';
const LEAD = 'functions/incident-lead';
const PUBLISH = 'await publish(decision.publish, deadline);';

const edit = (file: string, find: string, replace: string): Mutant[number] => ({ file, find, replace });

/** Bugs that the checks have to find, by what they do: the steps of the verifier, the roots, and what
 * follows. What a mismatch means while a version is unread is for test/incident-webhook/unread-versions.test.ts. */
export const MUTANTS = {
  'answers 204 before Pub/Sub has confirmed': [
    edit(`${WEBHOOK}/handler.ts`, PUBLISH, 'publish(decision.publish, deadline).catch(() => {});'),
  ],
  'drops an event on a publish error': [
    edit(`${WEBHOOK}/handler.ts`, PUBLISH, 'await publish(decision.publish, deadline).catch(() => {});'),
  ],
  'waits for Pub/Sub without a deadline': [
    edit(
      `${WEBHOOK}/handler.ts`,
      PUBLISH,
      'await publish(decision.publish, { remaining: () => 60_000, race: (work) => work }).catch(() => new Promise(() => {}));',
    ),
  ],
  'does not look at the age': [edit(`${WEBHOOK}/verifier.ts`, '    checkAge(headers, now());\n', '')],
  'takes any signature': [
    edit(
      `${WEBHOOK}/verifier.ts`,
      'if (given.length === 0 || !(await keys.some(matches, deadline)))',
      'await keys.some(matches, deadline); if (given.length === 0)',
    ),
  ],
  'signs without the body': [edit(`${WEBHOOK}/verifier.ts`, '.update(body).digest(', '.digest(')],
  'keeps the secrets that it read first': [
    edit(
      `${WEBHOOK}/signing-keys.ts`,
      'if (now() - listedAt <= MAX_AGE_MS ||',
      'if (listedAt > Number.NEGATIVE_INFINITY ||',
    ),
    edit(`${WEBHOOK}/signing-keys.ts`, 'if (mayRead(incomplete ? RETRY_MS : MIN_REREAD_MS)) await readOnce();', ''),
    edit(`${WEBHOOK}/signing-keys.ts`, 'MAX_STALE_MS = 3_600_000', 'MAX_STALE_MS = Number.POSITIVE_INFINITY'),
  ],
  'starts the webhook without its clock': [
    edit(`${WEBHOOK}/app.ts`, 'createVerifier(keys, clock.now)', 'createVerifier(keys, Date.now)'),
  ],
  'starts the webhook without its limits': [
    edit(
      `${WEBHOOK}/app.ts`,
      'createHandler(routes, publish, limits)',
      'createHandler(routes, publish, { ...limits, answerMs: 60_000 })',
    ),
    edit(
      `${WEBHOOK}/app.ts`,
      'config.pubsubEmulatorHost, limits.publish)',
      'config.pubsubEmulatorHost, { attemptMs: 60_000, callMs: 60_000 })',
    ),
  ],
  'starts the lead without its limits': [
    edit(
      `${LEAD}/app.ts`,
      'createHandler(config && connectedDirectory(config, limits, log), limits, clock.now)',
      'createHandler(config && connectedDirectory(config, { ...limits, database: { ...limits.database, statementMs: 3_000, queryMs: 3_000, connectMs: 3_000 } }, log), { ...limits, answerMs: 3_000 }, clock.now)',
    ),
  ],
  'starts the lead without its log': [
    edit(`${LEAD}/app.ts`, 'limits, clock.now), log)', 'limits, clock.now), () => {})'),
  ],
  'acknowledges on a database error': [
    edit(
      `${LEAD}/handler.ts`,
      'await directory.find(slackIds, deadline)',
      'await directory.find(slackIds, deadline).catch(() => new Map())',
    ),
  ],
  'gives each delivery its own insertId': [
    edit(`${LEAD}/outcomes.ts`, 'insertId: insertIdOf(event.webhookId, lead)', 'insertId: String(Math.random())'),
  ],
} as const satisfies Record<string, Mutant>;

/**
 * The functions as they would ship with this bug in them.
 * @throws Error where the text to replace is not in the file, just once.
 */
export async function mutate(mutant: Mutant): Promise<Apps> {
  mkdirSync(join(ROOT, '.local'), { recursive: true });
  // Inside the repository, so that packages are found from it.
  const folder = mkdtempSync(join(ROOT, '.local', 'mutant-'));
  try {
    const outfile = join(folder, 'apps.mjs');
    await build({
      entryPoints: [join(ROOT, 'tools', 'no-loss', 'apps.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      packages: 'external',
      logLevel: 'error',
      plugins: [edits(mutant)],
    });
    const { SHIPPED } = (await import(pathToFileURL(outfile).href)) as { SHIPPED: Apps };
    return SHIPPED;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function edits(mutant: Mutant): Plugin {
  return {
    name: 'mutant',
    setup({ onLoad }) {
      for (const file of new Set(mutant.map((edit) => edit.file))) {
        const path = join(ROOT, file);
        onLoad({ filter: new RegExp(`${file.replaceAll('.', '\\.')}$`) }, () => {
          let contents = readFileSync(path, 'utf8');
          for (const { find, replace } of mutant.filter((edit) => edit.file === file)) {
            if (contents.split(find).length !== 2) throw new Error(`${file} has no single "${find}"`);
            contents = contents.replace(find, () => replace);
          }
          return { contents, loader: 'ts' };
        });
      }
    },
  };
}
