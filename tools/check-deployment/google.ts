import { GoogleAuth, PassThroughClient } from 'google-auth-library';
import { CheckFailed } from './report.ts';

/**
 * Thrown where no API can be called: the rest of the checks would fail for the same reason. The
 * message says what to do.
 */
export class NoAccess extends Error {}

/**
 * Calls one of Google's REST APIs, as the caller's own account.
 * @param address without `https://`, such as `pubsub.googleapis.com/v1/projects/p/topics/t`.
 * @param body makes it a POST.
 * @throws CheckFailed or NoAccess.
 */
export type Google = <T>(address: string, body?: object) => Promise<T>;

const TIMEOUT_MS = 20_000;
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/**
 * Signs in with Application Default Credentials at the first call.
 * @param apiUrl a server that stands in for all of Google's; it is called without credentials.
 */
export function openGoogle(apiUrl: string | undefined): Google {
  const client = apiUrl === undefined ? new GoogleAuth({ scopes: SCOPE }) : new PassThroughClient();
  return async <T>(address: string, body?: object) => {
    const url = apiUrl === undefined ? `https://${address}` : `${apiUrl}/${address}`;
    try {
      // Retries a GET that is answered 429 or 5xx.
      const request = { url, timeout: TIMEOUT_MS, retry: true, ...(body && { method: 'POST' as const, data: body }) };
      return (await client.request<T>(request)).data;
    } catch (error) {
      throw explain(address, error as Error & { readonly status?: number });
    }
  };
}

function explain(address: string, { status, message }: Error & { readonly status?: number }): CheckFailed | NoAccess {
  const { hostname, pathname } = new URL(`https://${address}`);
  const what = `${pathname.replace(/^\/v\d\//, '')} (${hostname})`;
  switch (status) {
    case 401:
      return new NoAccess(
        `${hostname} did not accept the credentials. Sign in again: gcloud auth application-default login.`,
      );
    case 403:
      return new CheckFailed(
        `not allowed to read ${what}`,
        'Act as the deployer, whose roles cover every check: export GOOGLE_APPLICATION_CREDENTIALS, or sign in with gcloud auth application-default login --impersonate-service-account=incident-deployer@PROJECT.iam.gserviceaccount.com.',
      );
    case 404:
      return new CheckFailed(`${what} does not exist`, 'Check --project and --region; terraform apply makes it.');
    case undefined:
      // The library wraps what the network said in what it asked for.
      return new NoAccess(
        `${hostname} could not be called (${message.split('reason: ').at(-1)}). Sign in with gcloud auth application-default login, and check the network.`,
      );
    default:
      return new CheckFailed(`${what} answered ${status}`, 'Try again; see https://status.cloud.google.com.');
  }
}
