/** A version of the secret: its number and its value, unchecked. */
export interface SecretVersion {
  readonly number: string;
  readonly value: string;
}

/** A version that is ENABLED but could not be read. */
export interface UnreadVersion {
  readonly number: string;
  /** In our own words, for the log. */
  readonly why: string;
  /** True if the store said no: a value read before must then not be used any longer. */
  readonly denied: boolean;
}

/** The ENABLED versions of a secret. */
export interface SecretVersions {
  readonly read: readonly SecretVersion[];
  readonly unread: readonly UnreadVersion[];
  /** Numbers of the versions that were not tried, since they are older than the newest twelve. */
  readonly unused: readonly string[];
}

/** A store of secret versions. */
export interface SecretStore {
  /**
   * Reads every ENABLED version.
   * @throws SecretGone if the store says that there is no secret for us; any other error means an
   *   outage. Their messages are in our own words, since they are logged.
   */
  readVersions(): Promise<SecretVersions>;
}

/** The store answered no: keys read before must not be used any longer. */
export class SecretGone extends Error {}
