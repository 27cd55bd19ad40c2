import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { dropBody, readBody } from '../../shared/read-body.ts';
import { toBytes } from '../../tools/services/raw-http.ts';

const MEBIBYTE = 1024 * 1024;
const BODY = Buffer.from(Array.from({ length: MEBIBYTE }, (_, index) => index % 251));

it.each([
  ['a byte', 1],
  ['17 bytes', 17],
  ['a full read', 65_536],
])('reads every byte of a body in chunks of %s', async (_, chunked) => {
  let read: unknown;
  await answering(toBytes({ body: BODY, chunked }), async (req, res) => {
    read = await readBody(req, MEBIBYTE, 20_000);
    res.writeHead(204).end();
  });
  expect(Buffer.compare(read as Buffer, BODY)).toBe(0);
});

it('refuses to read a body that was dropped, which would look like an empty one', async () => {
  let error: unknown;
  await answering(toBytes({ body: BODY }), async (req, res) => {
    dropBody(req, true);
    try {
      await readBody(req, MEBIBYTE, 20_000);
    } catch (thrown) {
      error = thrown;
    }
    res.writeHead(204).end();
  });
  expect(error).toEqual(new Error('the body was read or dropped already'));
});

it('gives others a turn between any two reads of a body in tiny chunks', async () => {
  let turns = 0;
  let reads = 0;
  await answering(toBytes({ body: BODY, chunked: 1 }), async (req, res) => {
    let before = 0;
    const count = (): void => {
      turns += 1;
      if (req.socket.bytesRead !== before) reads += 1;
      before = req.socket.bytesRead;
      if (!res.writableEnded) setImmediate(count);
    };
    count();
    await readBody(req, MEBIBYTE, 20_000);
    res.writeHead(204).end();
  });
  // 6 MiB on the wire, of which one read takes 64 KiB.
  expect(reads).toBeGreaterThanOrEqual(6 * 16);
  expect(turns).toBeGreaterThanOrEqual(reads);
});

it('reads no further once the body is too large, and leaves the rest on the connection', async () => {
  let [fault, received]: [unknown, number] = ['', 0];
  await answering(toBytes({ body: Buffer.alloc(16 * MEBIBYTE), chunked: 65_536 }), async (req, res) => {
    fault = await readBody(req, MEBIBYTE, 20_000);
    setTimeout(() => {
      received = req.socket.bytesRead;
      res.writeHead(413, { connection: 'close' }).end();
    }, 50);
  });
  expect(fault).toBe('too_large');
  expect(received).toBeLessThan(3 * MEBIBYTE);
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
