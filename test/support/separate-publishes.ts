/** Keeps webhooks from sharing a publish, and so a fault that is meant for one of them. */
export interface SeparatePublishes {
  /** Sends a webhook once the publish of the one before it has arrived. */
  send<Sent>(webhookId: string, send: () => Promise<Sent>): Promise<Sent>;
  /** To be told of each webhook whose publish arrives. */
  arrived(webhookId: string): void;
}

/** Requests that arrive together share a publish, and on a busy machine so do those that were sent a while apart. */
export function separatePublishes(): SeparatePublishes {
  const arrivals = new Map<string, () => void>();
  let previous = Promise.resolve();
  return {
    async send(webhookId, send) {
      const before = previous;
      const arrival = Promise.withResolvers<void>();
      previous = arrival.promise;
      arrivals.set(webhookId, arrival.resolve);
      await before;
      // One that fails without a publish must not hold up the next.
      return send().finally(arrival.resolve);
    },
    arrived: (webhookId) => arrivals.get(webhookId)?.(),
  };
}
