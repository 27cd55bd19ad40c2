import type { Deadline } from '../../shared/deadline.ts';

/** An alaner as the directory shows them. */
export interface Alaner {
  readonly slackId: string;
  readonly email: string;
  readonly roles: readonly string[];
}

/** The alaners found, by Slack id. Several under one id are a fault of the directory, which the caller has to see. */
export type Alaners = ReadonlyMap<string, readonly Alaner[]>;

/** The alaner directory, wherever it is. */
export interface Directory {
  /**
   * Finds the alaners with these Slack ids, all of them in one round trip.
   * @throws DirectoryUnavailable where they could not be looked up, for whatever reason, by the deadline.
   */
  find(slackIds: readonly string[], deadline: Deadline): Promise<Alaners>;
  /** False until the directory was reached for the first time: that may take far longer than any look-up after it. */
  wasReached(): boolean;
}

/** The alaner directory could not be read; the message is delivered again. */
export class DirectoryUnavailable extends Error {
  /** A code of the server or of Node's network layer, or a word of ours. */
  readonly reason: string;

  /** @param explanation in words of ours: it is logged. */
  constructor(reason: string, explanation: string) {
    super(`The alaner directory cannot be read: ${explanation} (${reason}).`);
    this.name = 'DirectoryUnavailable';
    this.reason = reason;
  }
}
