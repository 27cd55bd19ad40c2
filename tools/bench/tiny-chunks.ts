import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { exchange, toBytes } from '../services/raw-http.ts';
import { forgedRequest } from './requests.ts';

const LAST_CHUNK = '0\r\n\r\n';
/** Just under the most that a body may have: the webhook waits for the rest until its time is up. */
const CHUNKS = '1\r\nx\r\n'.repeat(1_000_000);

/**
 * On each connection, for some seconds, one request after the other whose body comes as fast as it
 * is taken, in chunks of a byte, and never ends; without the secret. In a thread of its own, so
 * that it is not what makes others late.
 * @returns the status of each answer; 0 where the connection ended without one
 */
export async function sendTinyChunks(port: number, connections: number, seconds: number): Promise<number[]> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { port, connections, seconds } });
  const [statuses] = await once(worker, 'message');
  await worker.terminate();
  return statuses;
}

if (!isMainThread && parentPort !== null) {
  const { port, connections, seconds } = workerData;
  const until = performance.now() + 1000 * seconds;
  const head = toBytes({ headers: forgedRequest().headers, chunked: true }).subarray(0, -LAST_CHUNK.length);
  const endless = Buffer.concat([head, Buffer.from(CHUNKS)]);
  const statuses: number[] = [];
  const attack = async (): Promise<void> => {
    while (performance.now() < until) statuses.push((await exchange(port, endless))?.status ?? 0);
  };
  await Promise.all(Array.from({ length: connections }, attack));
  parentPort.postMessage(statuses);
}
