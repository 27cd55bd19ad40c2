import type { Deadline } from '../../shared/deadline.ts';

/** An alaner as the directory describes them. */
export interface Alaner {
  readonly slackId: string;
  readonly email: string;
  readonly roles: readonly string[];
}

/**
 * The alaners found, by Slack id. Several with one id are an error in the directory; the caller
 * must check for it.
 */
export type Alaners = ReadonlyMap<string, readonly Alaner[]>;

/** The alaner directory, wherever it is stored. */
export interface Directory {
  /**
   * Finds the alaners with these Slack ids, all in one round trip.
   * @throws DirectoryUnavailable if the look-up fails or is not done by the deadline.
   */
  find(slackIds: readonly string[], deadline: Deadline): Promise<Alaners>;
  /**
   * False until the directory is reached for the first time, which may take far longer than any
   * later look-up.
   */
  wasReached(): boolean;
}

/** The alaner directory could not be read; Pub/Sub delivers the message again. */
export class DirectoryUnavailable extends Error {
  /** A code of the server or of Node's network layer, or our own word. */
  readonly reason: string;

  /** @param explanation in our own words, since it is logged. */
  constructor(reason: string, explanation: string) {
    super(`${explanation} (${reason})`);
    this.name = 'DirectoryUnavailable';
    this.reason = reason;
  }
}
