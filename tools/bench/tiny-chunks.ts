import { once } from 'node:events';
import { connect } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { toBytes } from '../services/raw-http.ts';
import { forgedRequest } from './requests.ts';

interface Task {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
}

const CHUNKS_AT_ONCE = 10_000;
const CHUNKS = Buffer.from('1\r\nx\r\n'.repeat(CHUNKS_AT_ONCE));
const LAST_CHUNK = '0\r\n\r\n';
/** Just under the most that a body may have: the webhook waits for the rest until its time is up. */
const MAX_CHUNKS = 1_000_000;

/**
 * On each connection, for some seconds, one request after the other whose body comes as fast as it
 * is taken, in chunks of a byte, and never ends; without the secret. In a thread of its own, so
 * that it is not what makes others late.
 * @returns how many were answered with which status
 */
export async function startTinyChunks(
  port: number,
  connections: number,
  seconds: number,
): Promise<Map<number, number>> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { port, connections, seconds } satisfies Task });
  const [statuses] = await once(worker, 'message');
  await worker.terminate();
  return statuses;
}

/** @returns the status, or 0 where the connection ended without one */
async function sendOne(port: number, until: number): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  const answer = new Promise<number>((resolve) => {
    socket.once('data', (bytes) => resolve(Number(bytes.toString('latin1').split(' ')[1])));
    socket.once('error', () => resolve(0)).once('close', () => resolve(0));
  });
  const { headers } = forgedRequest();
  socket.write(toBytes({ headers, chunked: true }).subarray(0, -LAST_CHUNK.length));
  let left = MAX_CHUNKS;
  const feed = (): void => {
    while (performance.now() < until && left > 0 && socket.writable) {
      left -= CHUNKS_AT_ONCE;
      if (!socket.write(CHUNKS)) return;
    }
  };
  socket.on('drain', feed);
  feed();
  const status = await answer;
  socket.destroy();
  return status;
}

if (!isMainThread && parentPort !== null) {
  const { port, connections, seconds } = workerData as Task;
  const until = performance.now() + 1000 * seconds;
  const statuses = new Map<number, number>();
  const attack = async (): Promise<void> => {
    while (performance.now() < until) {
      const status = await sendOne(port, until);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: connections }, attack));
  parentPort.postMessage(statuses);
}
