import { connect } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { busyMs } from './busy-ms.ts';

/**
 * How a body of the flood was answered, and after how many milliseconds: by the clock, and of the
 * server's own time.
 */
export interface FloodAnswer {
  readonly status: number | undefined;
  readonly ms: number;
  readonly busyMs: number;
}

interface Flood {
  readonly port: number;
  /** Of the server. */
  readonly pid: number;
  readonly connections: number;
}

/** A write of chunks of one byte, about as long as a read of the server. */
const CHUNKS = Buffer.from('1\r\nx\r\n'.repeat(10_923));
const HEAD = 'POST /webhooks/incident/lead HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';

/**
 * Sends a body without a signature on each of many connections, in chunks of one byte, until it is answered. It has a
 * thread of its own, so that the caller can time other requests meanwhile.
 */
export function floodWithChunks(flood: Flood): Promise<readonly FloodAnswer[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: flood });
    worker.once('message', resolve).once('error', reject);
  });
}

if (!isMainThread && parentPort !== null) {
  const { port, pid, connections } = workerData as Flood;
  parentPort.postMessage(await Promise.all(Array.from({ length: connections }, () => sendChunks(port, pid))));
}

function sendChunks(port: number, pid: number): Promise<FloodAnswer> {
  return new Promise((resolve) => {
    const [startedAt, busyAtStart] = [performance.now(), busyMs(pid)];
    const socket = connect(port, '127.0.0.1');
    const write = (): void => {
      while (socket.writable && socket.write(CHUNKS));
    };
    const settle = (status?: number): void => {
      resolve({ status, ms: performance.now() - startedAt, busyMs: busyMs(pid) - busyAtStart });
      socket.destroy();
    };
    socket.write(HEAD);
    socket
      .on('connect', write)
      .on('drain', write)
      .on('error', () => {});
    socket.once('data', (answer) => settle(Number(answer.toString('latin1').split(' ')[1])));
    socket.once('close', () => settle());
  });
}
