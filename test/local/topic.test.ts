import { openTopic } from '../../tools/local/system/topic.ts';
import { listen } from '../../tools/services/grpc/listen.ts';
import { startPubSubEmulator } from '../../tools/services/pubsub/emulator.ts';

const MAY_NOT_DELIVER = /may deliver nothing/;

describe('the Pub/Sub that somebody else started', () => {
  it('may be a stand-in that keeps no topics and subscriptions', async () => {
    const standIn = await listen('stand-in', 0, []);
    const topic = await openTopic(`127.0.0.1:${standIn.port}`, () => {});
    try {
      await topic.subscribe({ name: 'incident-lead', url: 'http://127.0.0.1:9/', filter: '' });
      expect(topic.description).toMatch(MAY_NOT_DELIVER);
    } finally {
      await topic.stop();
      await standIn.close();
    }
  });

  it('gets the subscriptions where it keeps them', async () => {
    const emulator = await startPubSubEmulator({ onEvent: () => {} });
    const topic = await openTopic(emulator.host, () => {});
    try {
      await topic.subscribe({ name: 'incident-lead', url: 'http://127.0.0.1:9/', filter: '' });
      expect(topic.description).not.toMatch(MAY_NOT_DELIVER);
    } finally {
      await topic.stop();
      await emulator.close();
    }
  });
});
