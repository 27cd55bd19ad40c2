import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SHIPPED } from '../../tools/no-loss/context.ts';
import type { Severity } from '../../tools/no-loss/faults.ts';

/** A bug, and how a run finds it. */
export interface Mutant {
  /** Where, below `functions/`. */
  readonly file: string;
  /** What to replace, and with what. */
  readonly edits: Readonly<Record<string, string>>;
  /** So many faults that the mutant meets what it cannot stand. Default: as many as everywhere. */
  readonly severity?: Severity;
  readonly violation: RegExp;
}

const PUBLISH = 'await publish(decision.publish, deadline)';

const LOST = /204 while Pub\/Sub did not hold it|is lost: accepted, never published/;
const REFUSED = /was answered with 401, not 204$/;
const FORGED = /^a forgery \(.+\) was answered with 204$|is forged$|stems from no authentic event/;
const LATE = /was not answered at all|later than/;

/** Everything else works, so that each forgery meets the bug. */
const CALM: Severity = { send: 0, secret: 0, publish: 0 };

/**
 * Bugs that the checks have to find: in the steps of the verifier, in the composition roots, and in
 * what follows. What a mismatch means while a version is unread is for
 * test/incident-webhook/unread-versions.test.ts.
 */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'answers 204 before Pub/Sub has confirmed': {
    file: 'incident-webhook/handler.ts',
    edits: { [PUBLISH]: 'publish(decision.publish, deadline).catch(() => {})' },
    severity: { publish: 9 },
    violation: LOST,
  },
  'drops an event on a publish error': {
    file: 'incident-webhook/handler.ts',
    edits: { [PUBLISH]: `${PUBLISH}.catch(() => {})` },
    severity: { publish: 9 },
    violation: LOST,
  },
  'waits for Pub/Sub without a deadline': {
    file: 'incident-webhook/handler.ts',
    edits: {
      [PUBLISH]: `const endless = { remaining: () => 60_000, race: (work) => work };
        await publish(decision.publish, endless).catch(() => new Promise(() => {}))`,
    },
    severity: { publish: 9 },
    violation: LATE,
  },
  'does not look at the age': {
    file: 'incident-webhook/verifier.ts',
    edits: { '    checkAge(headers, now());\n': '' },
    severity: CALM,
    violation: FORGED,
  },
  'takes any signature': {
    file: 'incident-webhook/verifier.ts',
    edits: {
      'if (given.length === 0 || !(await keys.some(matches, deadline)))':
        'await keys.some(matches, deadline); if (given.length === 0)',
    },
    severity: CALM,
    violation: FORGED,
  },
  'signs without the body': {
    file: 'incident-webhook/verifier.ts',
    edits: { '.update(body).digest(': '.digest(' },
    violation: REFUSED,
  },
  'keeps the secrets that it read first': {
    file: 'incident-webhook/signing-keys.ts',
    edits: {
      'if (now() - listedAt <= MAX_AGE_MS ||': 'if (listedAt > Number.NEGATIVE_INFINITY ||',
      'if (mayRead(incomplete ? RETRY_MS : MIN_REREAD_MS)) await readOnce();': '',
      'MAX_STALE_MS = 3_600_000': 'MAX_STALE_MS = Number.POSITIVE_INFINITY',
    },
    // Answers lost, so events are sent again for a day, while the function that read the first secret lives on.
    severity: { send: 9, secret: 0, publish: 0 },
    violation: /^a forgery \(a retired secret\) was answered with 204$|was answered with 401, not 204$/,
  },
  'starts the webhook without its clock': {
    file: 'incident-webhook/app.ts',
    edits: { 'createVerifier(keys, clock.now)': 'createVerifier(keys, Date.now)' },
    violation: REFUSED,
  },
  'starts the webhook without its limits': {
    file: 'incident-webhook/app.ts',
    edits: {
      'createHandler(routes, publish, limits)': 'createHandler(routes, publish, { ...limits, answerMs: 60_000 })',
      'config.pubsubEmulatorHost, limits.publish)': 'config.pubsubEmulatorHost, { attemptMs: 60_000, callMs: 60_000 })',
    },
    severity: { publish: 9 },
    violation: LATE,
  },
  'starts the lead without its limits': {
    file: 'incident-lead/app.ts',
    edits: {
      'connectedDirectory(config, limits, log), limits,': `connectedDirectory(
          config,
          { ...limits, database: { ...limits.database, statementMs: 3_000, queryMs: 3_000, connectMs: 3_000 } },
          log,
        ), { ...limits, answerMs: 3_000 },`,
    },
    severity: { database: 5 },
    violation: LATE,
  },
  'starts the lead without its log': {
    file: 'incident-lead/app.ts',
    edits: { 'limits, clock.now), log)': 'limits, clock.now), () => {})' },
    violation: /./,
  },
  'acknowledges on a database error': {
    file: 'incident-lead/handler.ts',
    edits: {
      'await directory.find(slackIds, deadline)': 'await directory.find(slackIds, deadline).catch(() => new Map())',
    },
    severity: { database: 5 },
    violation: /wrote unknown_alaner; expected/,
  },
  'gives each delivery its own insertId': {
    file: 'incident-lead/outcomes.ts',
    edits: { 'insertId: insertIdOf(event.webhookId, lead)': 'insertId: String(Math.random())' },
    severity: { push: 2 },
    violation: /is visible \d+ times/,
  },
};

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * The functions as they would ship with this bug in them, from a copy of their sources.
 * @throws Error where the text to replace is not in the file, just once.
 */
export async function mutate({ file, edits }: Mutant): Promise<typeof SHIPPED> {
  mkdirSync(join(ROOT, '.local'), { recursive: true });
  // Inside the repository, so that packages are found from it.
  const copy = mkdtempSync(join(ROOT, '.local', 'mutant-'));
  try {
    for (const folder of ['functions', 'shared', 'schemas'])
      cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
    const path = join(copy, 'functions', file);
    let source = readFileSync(path, 'utf8');
    for (const [find, replace] of Object.entries(edits)) {
      if (source.split(find).length !== 2) throw new Error(`${file} has no single "${find}"`);
      source = source.replace(find, () => replace);
    }
    writeFileSync(path, source);
    const importApp = (name: string) => import(pathToFileURL(join(copy, 'functions', name, 'app.ts')).href);
    const [webhook, lead] = [await importApp('incident-webhook'), await importApp('incident-lead')];
    return { createWebhookApp: webhook.createApp, createLeadApp: lead.createApp };
  } finally {
    rmSync(copy, { recursive: true });
  }
}
