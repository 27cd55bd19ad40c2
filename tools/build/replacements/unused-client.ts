/** A client that other clients make beside themselves in case its methods are called; it has none here. */
class UnusedClient {
  async close(): Promise<void> {}
}

export { UnusedClient as IamClient, UnusedClient as LocationsClient };
