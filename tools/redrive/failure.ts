import { grpcCode } from '../../shared/grpc.ts';

/** What was being done when Pub/Sub, or the way to it, failed. */
export type Action = 'look up' | 'take from' | 'publish to' | 'acknowledge on' | 'give back to';

// Each name stands at the place of its code.
const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

/** A gRPC status code by name, or `CREDENTIALS` where the call could not even be signed. */
type Code = (typeof NAMES)[number] | 'CREDENTIALS';

/** These concern every message alike, so that going on is pointless. */
const HOPELESS = new Set<Code>(['NOT_FOUND', 'PERMISSION_DENIED', 'UNAUTHENTICATED', 'CREDENTIALS']);
const OUTAGES = new Set<Code>([
  'CANCELLED',
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'RESOURCE_EXHAUSTED',
  'ABORTED',
  'INTERNAL',
  'UNAVAILABLE',
]);
/** The libraries that get credentials. They throw plain errors, which only the place they come from tells from others. */
const AUTH_LIBRARY = /node_modules[\\/](?:google-auth-library|gcp-metadata|gaxios)[\\/]/;

/** A call to Pub/Sub that failed. The message says what was expected and what to do. */
export class Failure extends Error {
  override name = 'Failure';
  /** True where no other message would fare better. */
  readonly hopeless: boolean;
  /** True where the same call may succeed a moment later. */
  readonly outage: boolean;

  constructor(code: Code, message: string, cause: unknown) {
    super(message, { cause });
    this.hopeless = HOPELESS.has(code);
    this.outage = OUTAGES.has(code);
  }
}

/**
 * The Failure that an error of a call amounts to; the error itself where it says nothing of Pub/Sub or of credentials, such as a bug of ours.
 * @param resource full name of the topic or subscription.
 * @param emulatorHost where the emulator should be, if one is used.
 */
export function asFailure(action: Action, resource: string, error: unknown, emulatorHost?: string): unknown {
  const code = codeOf(error);
  return code === undefined ? error : new Failure(code, explain(action, resource, code, error, emulatorHost), error);
}

function codeOf(error: unknown): Code | undefined {
  const code = NAMES[grpcCode(error) ?? -1];
  if (code !== undefined) return code;
  return error instanceof Error && AUTH_LIBRARY.test(error.stack ?? '') ? 'CREDENTIALS' : undefined;
}

function explain(action: Action, resource: string, code: Code, cause: unknown, emulatorHost?: string): string {
  const [, project = '', collection = ''] = resource.split('/');
  const answer = firstCause(cause);
  switch (code) {
    case 'NOT_FOUND':
      return `${resource} does not exist. "gcloud pubsub ${collection} list --project ${project}" lists those that do.`;
    case 'PERMISSION_DENIED': {
      const role = collection === 'topics' ? 'roles/pubsub.publisher' : 'roles/pubsub.subscriber';
      return `Not allowed to ${action} ${resource}: the credentials need ${role} on it (in Terraform: redrive_operators).`;
    }
    case 'UNAUTHENTICATED':
    case 'CREDENTIALS':
      return `No usable credentials: run "gcloud auth application-default login", or set GOOGLE_APPLICATION_CREDENTIALS to a key file. (${answer})`;
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
  return /retrying error (?:Error: )?(.*?)\s+before any response/s.exec(text)?.[1] ?? text;
}
