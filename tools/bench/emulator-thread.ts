import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { startPubSubEmulator } from '../services/pubsub/emulator.ts';

/** A Pub/Sub emulator in a thread of its own, so that a busy sender does not make it late. */
export interface EmulatorThread {
  /** `host:port`. */
  readonly host: string;
  /** Messages published to the topic so far. */
  published(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts an emulator with one topic. */
export async function startEmulatorThread(topic: string): Promise<EmulatorThread> {
  const worker = new Worker(new URL(import.meta.url), { workerData: topic });
  const next = <T>(): Promise<T> => new Promise((resolve) => worker.once('message', resolve));
  return {
    host: await next<string>(),
    published() {
      const answer = next<number>();
      worker.postMessage('published');
      return answer;
    },
    async stop() {
      await worker.terminate();
    },
  };
}

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  const topic = workerData as string;
  const emulator = await startPubSubEmulator();
  emulator.createTopic({ name: topic });
  port.on('message', () => port.postMessage(emulator.published(topic).length));
  port.postMessage(emulator.host);
}
