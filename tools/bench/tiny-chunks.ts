import { once } from 'node:events';
import { Readable } from 'node:stream';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { dial, toBytes } from '../services/raw-http.ts';
import { forgedRequest } from './requests.ts';

const CHUNKS_AT_ONCE = 10_000;
const CHUNKS = Buffer.from('1\r\nx\r\n'.repeat(CHUNKS_AT_ONCE));
const LAST_CHUNK = '0\r\n\r\n';
/** Just under the most that a body may have: the webhook waits for the rest until its time is up. */
const MAX_CHUNKS = 1_000_000;

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

async function sendOne(port: number): Promise<number> {
  const { socket, answer } = await dial(port);
  const { headers } = forgedRequest();
  socket.write(toBytes({ headers, chunked: true }).subarray(0, -LAST_CHUNK.length));
  Readable.from(Array.from({ length: MAX_CHUNKS / CHUNKS_AT_ONCE }, () => CHUNKS)).pipe(socket, { end: false });
  const status = (await answer())?.status ?? 0;
  socket.destroy();
  return status;
}

if (!isMainThread && parentPort !== null) {
  const { port, connections, seconds } = workerData;
  const until = performance.now() + 1000 * seconds;
  const statuses: number[] = [];
  const attack = async (): Promise<void> => {
    while (performance.now() < until) statuses.push(await sendOne(port));
  };
  await Promise.all(Array.from({ length: connections }, attack));
  parentPort.postMessage(statuses);
}
