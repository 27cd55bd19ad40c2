import { PubSub } from '@google-cloud/pubsub';

// projects/PROJECT/subscriptions/NAME: Terraform's variable `subscribers` makes one.
const subscription = new PubSub().subscription(process.argv[2] ?? 'projects/alan-eu-tools/subscriptions/my-team');
// In production, use a table with a unique key, so that a restart forgets nothing.
const handled = new Set<string>();

subscription.on('message', (message) => {
  const { schemaVersion, webhookId = '' } = message.attributes;
  if (schemaVersion !== '1') return message.nack();
  if (!handled.has(webhookId)) {
    const { incident, leads } = JSON.parse(message.data.toString());
    console.log(
      `${incident.reference ?? incident.id} is ${incident.status ?? 'in an unknown status'}, leads: ${leads.length}`,
    );
    handled.add(webhookId);
  }
  // Only now: an acknowledged message does not come again.
  message.ack();
});
subscription.on('error', (error) => {
  console.error(`subscriber: ${error.message}`);
  process.exit(1);
});
process.once('SIGTERM', () => subscription.close());
