import { status } from '@grpc/grpc-js';
import { grpcCode, lacksToken } from '../../shared/grpc.ts';

/** What was being done when Pub/Sub, or the way to it, failed. */
export type Action = 'look up' | 'pull from' | 'publish to' | 'acknowledge on';

/** A gRPC status code by name, or `CREDENTIALS` where there is no access token to call with. */
type Code = keyof typeof status | 'CREDENTIALS';

/** These concern every message alike, so that going on is pointless. */
const HOPELESS: readonly Code[] = ['NOT_FOUND', 'PERMISSION_DENIED', 'UNAUTHENTICATED', 'CREDENTIALS'];
const TRANSIENT: readonly Code[] = [
  ...(['CANCELLED', 'UNKNOWN', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'ABORTED', 'INTERNAL'] as const),
  'UNAVAILABLE',
];
/**
 * The libraries that get credentials. They throw plain errors, which only the place they come from
 * tells from others.
 */
const AUTH_LIBRARY = /node_modules[\\/](?:google-auth-library|gcp-metadata|gaxios)[\\/]/;
/** Why there may be no token although the login is good: the way to Google's server, or that server. */
const OUTAGE =
  /\b(?:ECONN[A-Z]+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE)\b|timeout|socket hang up|status code (?:408|429|5\d\d)/;
const MAX_QUOTED = 300;

/** A call to Pub/Sub that failed. The message says what was expected and what to do. */
export class Failure extends Error {
  readonly code: Code;
  /** True where no other message would fare better. */
  readonly hopeless: boolean;
  /** True where the same call may succeed a moment later. */
  readonly transient: boolean;

  /**
   * @param resource full name of the topic or subscription.
   * @param cause what the call ended with.
   * @param emulatorHost where the emulator should be, if one is used.
   */
  constructor(action: Action, resource: string, cause: unknown, emulatorHost?: string) {
    const code = codeOf(cause);
    super(explain(action, resource, code, firstCause(cause), emulatorHost), { cause });
    this.code = code;
    this.hopeless = HOPELESS.includes(code);
    this.transient = TRANSIENT.includes(code);
  }
}

function codeOf(error: unknown): Code {
  const code = grpcCode(error);
  const { message = '', stack = '' } = error instanceof Error ? error : {};
  if (lacksToken(error) || (code === undefined && AUTH_LIBRARY.test(stack))) {
    // Where the server that gives out tokens refused, its HTTP status stands in place of a gRPC code.
    return OUTAGE.test(message) || Number(code) >= 500 ? 'UNAVAILABLE' : 'CREDENTIALS';
  }
  return (status[code ?? status.UNKNOWN] as Code | undefined) ?? 'UNKNOWN';
}

function explain(action: Action, resource: string, code: Code, answer: string, emulatorHost?: string): string {
  const [, project = '', collection = ''] = resource.split('/');
  switch (code) {
    case 'NOT_FOUND':
      return emulatorHost === undefined
        ? `${resource} does not exist. "gcloud pubsub ${collection} list --project ${project}" lists those that do.`
        : `${resource} does not exist on the emulator at ${emulatorHost}: create it, or correct the name.`;
    case 'PERMISSION_DENIED': {
      const role = collection === 'topics' ? 'roles/pubsub.publisher' : 'roles/pubsub.subscriber';
      return `Not allowed to ${action} ${resource}: the credentials need ${role} on it (in Terraform: redrive_operators).`;
    }
    case 'UNAUTHENTICATED':
    case 'CREDENTIALS':
      return `No usable credentials: run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS to a key file. (${answer})`;
    case 'UNAVAILABLE':
      return emulatorHost === undefined
        ? `Pub/Sub could not be reached to ${action} ${resource}: check the network and try again. (${answer})`
        : `Nothing answers at PUBSUB_EMULATOR_HOST=${emulatorHost}: start the emulator, or unset the variable to use the real Pub/Sub. (${answer})`;
    case 'FAILED_PRECONDITION':
      return `Could not ${action} ${resource}: expected a pull subscription that is not detached. (${answer})`;
    default:
      return `Could not ${action} ${resource}: ${code}. (${answer})`;
  }
}

/** The client library quotes every attempt of a call that it gave up; the first says enough. */
function firstCause(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const quoted = /retrying error (?:Error: )?(.*?)\s+before any response/s.exec(text)?.[1] ?? text;
  const first = /metadata from plugin failed with error: (.*)/s.exec(quoted)?.[1] ?? quoted;
  return first.length > MAX_QUOTED ? `${first.slice(0, MAX_QUOTED)} ...` : first;
}
