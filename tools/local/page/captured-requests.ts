/** A request as it came to incident-webhook, whatever it was answered with. */
export interface CapturedRequest {
  readonly webhookId: string;
  /** In base64; at most about 64 KiB of it are kept. */
  readonly body: string;
  /** False where more came than is kept, or less than was announced. */
  readonly complete: boolean;
}

const KEPT = 200;

/** `NODE_OPTIONS` that have incident-webhook print its requests, for `CapturedRequests`. */
export const CAPTURE_REQUESTS = `--import "${new URL('capture-requests.ts', import.meta.url).href}"`;

/** The latest request of each of the latest webhook ids. In memory alone: not all of them are authentic. */
export class CapturedRequests {
  readonly #requests = new Map<string, CapturedRequest>();

  /** Takes a line of incident-webhook's output; false where it is another kind of line. */
  take(line: string): boolean {
    if (!line.startsWith('{"capturedRequest":')) return false;
    const { capturedRequest } = JSON.parse(line) as { capturedRequest: CapturedRequest };
    this.#requests.delete(capturedRequest.webhookId);
    this.#requests.set(capturedRequest.webhookId, capturedRequest);
    const [oldest] = this.#requests.keys();
    if (this.#requests.size > KEPT && oldest !== undefined) this.#requests.delete(oldest);
    return true;
  }

  /** The latest request under this id, if it is still kept. */
  get(webhookId: string): CapturedRequest | undefined {
    return this.#requests.get(webhookId);
  }
}
