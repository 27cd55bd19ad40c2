import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Apps } from './apps.ts';

/** A bug: what to put in the place of which text, in files of the functions. */
export type Mutant = readonly { readonly file: string; readonly find: string; readonly replace: string }[];

const ROOT = join(import.meta.dirname, '..', '..');
const HANDLER = 'functions/incident-webhook/handler.ts';
const PUBLISH = 'await publish(decision.publish, deadline);';

/** Bugs that the checks have to find, by what they do. */
export const MUTANTS = {
  'answers 204 before Pub/Sub has confirmed': [
    { file: HANDLER, find: PUBLISH, replace: 'publish(decision.publish, deadline).catch(() => {});' },
  ],
  'drops an event on a publish error': [
    { file: HANDLER, find: PUBLISH, replace: 'await publish(decision.publish, deadline).catch(() => {});' },
  ],
  'waits for Pub/Sub without a deadline': [
    {
      file: HANDLER,
      find: PUBLISH,
      replace:
        'await publish(decision.publish, { remaining: () => 60_000, race: (work) => work }).catch(() => new Promise(() => {}));',
    },
  ],
  'takes any signature': [
    {
      file: 'functions/incident-webhook/verifier.ts',
      find: 'if (given.length === 0 || !(await keys.some(matches, deadline)))',
      replace: 'await keys.some(matches, deadline); if (given.length === 0)',
    },
  ],
  'keeps the secrets that it read first': [
    {
      file: 'functions/incident-webhook/signing-keys.ts',
      find: 'if (now() - listedAt <= MAX_AGE_MS ||',
      replace: 'if (listedAt > Number.NEGATIVE_INFINITY ||',
    },
    {
      file: 'functions/incident-webhook/signing-keys.ts',
      find: 'if (mayRead(incomplete ? RETRY_MS : MIN_REREAD_MS)) await readOnce();',
      replace: '',
    },
  ],
  'acknowledges on a database error': [
    {
      file: 'functions/incident-lead/handler.ts',
      find: 'await directory.find(slackIds, deadline)',
      replace: 'await directory.find(slackIds, deadline).catch(() => new Map())',
    },
  ],
  'gives each delivery its own insertId': [
    {
      file: 'functions/incident-lead/outcomes.ts',
      find: 'insertId: insertIdOf(event.webhookId, lead)',
      replace: 'insertId: String(Math.random())',
    },
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
