import { PublisherClient } from '@google-cloud/pubsub-api/build/src/v1/publisher_client.js';

export const v1 = { PublisherClient };
