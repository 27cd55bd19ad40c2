import { type Deployment, shortName } from '../deployment.ts';
import type { Google } from '../google.ts';
import type { Passed } from '../report.ts';

interface TimeSeries {
  readonly timeSeries?: readonly { readonly points: readonly { readonly value: { readonly int64Value: string } }[] }[];
}

/** Pub/Sub writes this metric every minute, and it can be read up to 4 minutes later. */
const RANGE_MS = 15 * 60_000;

/**
 * How many dead letters wait, by the newest figure of Cloud Monitoring. Does not fail: they may be
 * older than the deployment.
 */
export async function checkDeadLetters(google: Google, deployment: Deployment): Promise<Passed<void>> {
  const { project, topic } = deployment;
  const deadLetters = shortName(deployment.deadLetters);
  const now = Date.now();
  const query = new URLSearchParams({
    filter: `metric.type="pubsub.googleapis.com/subscription/num_undelivered_messages" AND resource.labels.subscription_id="${deadLetters}"`,
    'interval.startTime': new Date(now - RANGE_MS).toISOString(),
    'interval.endTime': new Date(now).toISOString(),
  });
  const { timeSeries = [] } = await google.call<TimeSeries>(
    `monitoring.googleapis.com/v3/projects/${project}/timeSeries?${query}`,
  );
  const newest = timeSeries[0]?.points[0]?.value.int64Value;
  if (newest === undefined) return { says: `no figure of ${deadLetters} yet, as after its making`, value: undefined };
  const waiting = Number(newest);
  return {
    says: `${waiting} wait on ${deadLetters}`,
    ...(waiting > 0 && {
      warning: `Find the cause, then look: npm run redrive -- --project ${project} --subscription ${deadLetters} --topic ${shortName(topic)} --dry-run`,
    }),
    value: undefined,
  };
}
