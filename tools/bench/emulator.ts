import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { startPubSubEmulator } from '../services/pubsub/emulator.ts';

/** Starts a Pub/Sub emulator with one topic, in a thread of its own, so that a busy sender does not make it late. */
export async function startEmulator(topic: string) {
  const worker = new Worker(new URL(import.meta.url), { workerData: topic });
  const [host]: string[] = await once(worker, 'message');
  return {
    /** `host:port`. */
    host: host ?? '',
    /** Messages published to the topic so far. */
    async published(): Promise<number> {
      worker.postMessage('published');
      return (await once(worker, 'message'))[0];
    },
    async stop(): Promise<void> {
      await worker.terminate();
    },
  };
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  const emulator = await startPubSubEmulator();
  emulator.createTopic({ name: workerData });
  port.on('message', () => port.postMessage(emulator.published(workerData).length));
  port.postMessage(emulator.host);
}
