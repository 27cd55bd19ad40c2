import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { onChunk } from '../../shared/body-chunks.ts';
import { toBytes } from '../../tools/services/raw-http.ts';

const MEBIBYTE = 1024 * 1024;
/** Node reads 64 KiB at a time, and the smallest chunk of a body has six bytes on the wire. */
const CHUNKS_OF_A_READ = Math.ceil((64 * 1024) / 6);

it('takes every byte of a body in chunks of a byte, and only one read of them in a turn of the event loop', async () => {
  const body = Buffer.from(Array.from({ length: MEBIBYTE }, (_, at) => at % 251));
  const taken = Buffer.alloc(MEBIBYTE);
  let length = 0;
  let turn = 0;
  let most = 0;
  await answering(toBytes({ body, chunked: 1 }), (req, res) => {
    const nextTurn = (): void => {
      most = Math.max(most, turn);
      turn = 0;
      if (!res.writableEnded) setImmediate(nextTurn);
    };
    nextTurn();
    onChunk(req, (chunk) => {
      chunk.copy(taken, length);
      length += chunk.length;
      turn += 1;
    });
    req.on('end', () => {
      res.writeHead(204).end();
    });
  });
  expect(length).toBe(MEBIBYTE);
  expect(taken.equals(body)).toBe(true);
  expect(most).toBeLessThanOrEqual(CHUNKS_OF_A_READ);
});

it('takes nothing more once it was ended, and leaves the rest on the connection', async () => {
  let taken = 0;
  let received = 0;
  await answering(toBytes({ body: Buffer.alloc(16 * MEBIBYTE) }), (req, res) => {
    const end = onChunk(req, () => {
      taken += 1;
      end();
      setTimeout(() => {
        received = req.socket.bytesRead;
        res.writeHead(413, { connection: 'close' }).end();
      }, 50);
    });
  });
  expect(taken).toBe(1);
  expect(received).toBeLessThan(MEBIBYTE);
});

/** Sends `bytes` to a server of one listener, and waits for its answer. */
async function answering(bytes: Buffer, listener: RequestListener): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
  socket.on('error', () => {}).write(bytes);
  await once(socket, 'data');
  socket.destroy();
  server.close();
}
