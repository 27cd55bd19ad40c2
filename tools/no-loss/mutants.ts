import { createHmac, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Query } from '../../functions/incident-lead/directory.ts';
import type { Services } from '../../functions/incident-webhook/handler.ts';
import type { SigningKey } from '../../functions/incident-webhook/verifier.ts';
import type { LogLine } from '../../shared/log.ts';

/** Changes to the functions' parts. The right code changes nothing; each mutant is a bug that the checks have to find. */
export interface Mutant {
  services(services: Services): Services;
  request(req: IncomingMessage): IncomingMessage;
  query(query: Query): Query;
  line(line: LogLine): LogLine;
}

/** The code as it is. */
export const UNCHANGED: Mutant = {
  services: (services) => services,
  request: (req) => req,
  query: (query) => query,
  line: (line) => line,
};

/** Bugs, by what they do. */
export const MUTANTS = {
  'answers 204 before Pub/Sub has confirmed': {
    ...UNCHANGED,
    services: ({ keys, publish }) => ({
      keys,
      publish: async (message, deadline) => {
        publish(message, deadline).catch(() => {});
        return 'unconfirmed';
      },
    }),
  },
  'drops an event on a publish error': {
    ...UNCHANGED,
    services: ({ keys, publish }) => ({
      keys,
      publish: (message, deadline) => publish(message, deadline).catch(() => 'dropped'),
    }),
  },
  'waits for Pub/Sub without a deadline': {
    ...UNCHANGED,
    services: ({ keys, publish }) => ({
      keys,
      publish: (message) =>
        publish(message, { remaining: () => 60_000, race: (work) => work }).catch(() => new Promise(() => {})),
    }),
  },
  'takes any signature': {
    ...UNCHANGED,
    services: ({ publish }) => ({ keys: { current: async () => [anyKey], newerThan: async () => undefined }, publish }),
    request: resigned,
  },
  'keeps the secrets that it read first': {
    ...UNCHANGED,
    services: ({ keys, publish }) => {
      let first: readonly SigningKey[] | undefined;
      const current = async (): Promise<readonly SigningKey[]> => {
        first ??= await keys.current();
        return first;
      };
      return { keys: { current, newerThan: async () => undefined }, publish };
    },
  },
  'acknowledges on a database error': {
    ...UNCHANGED,
    query: (query) => (statement, deadline) => query(statement, deadline).catch(() => []),
  },
  'gives each delivery its own insertId': {
    ...UNCHANGED,
    line: (line) => (line.insertId === undefined ? line : { ...line, insertId: randomUUID() }),
  },
} as const satisfies Record<string, Mutant>;

const ANY = `v1,${createHmac('sha256', 'any').digest('base64')}`;
const anyKey = { sign: () => ANY };

/** Has every request carry the one signature that `anyKey` makes. */
function resigned(req: IncomingMessage): IncomingMessage {
  for (let at = 0; at + 1 < req.rawHeaders.length; at += 2) {
    if (req.rawHeaders[at]?.toLowerCase().endsWith('-signature')) req.rawHeaders[at + 1] = ANY;
  }
  return req;
}
