/** A version of the secret: its number and its value, whatever that is. */
export interface SecretVersion {
  readonly number: string;
  readonly value: string;
}

/** A version that is ENABLED but could not be read. */
export interface UnreadVersion {
  readonly number: string;
  /** In words of ours, for the log. */
  readonly why: string;
  /** True where the store said no, so that a value read before must not be used any longer. */
  readonly denied: boolean;
}

/** The ENABLED versions of a secret. */
export interface SecretVersions {
  readonly read: readonly SecretVersion[];
  readonly unread: readonly UnreadVersion[];
  /** Numbers of those that were not even tried, as they are older than the newest twelve. */
  readonly unused: readonly string[];
}

/** What a store of secret versions has to be able to do. */
export interface SecretStore {
  /**
   * Reads every ENABLED version.
   * @throws SecretGone where the store says that there is nothing for us; any other error is taken for an outage.
   *   Messages are words of ours: they are logged.
   */
  readVersions(): Promise<SecretVersions>;
}

/** The store answered, and the answer is no: keys read before must not be used any longer. */
export class SecretGone extends Error {}
