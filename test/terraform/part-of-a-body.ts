import { once } from 'node:events';
import { connect } from 'node:net';

/** POSTs less of a body than it announces, then hangs up or, patiently, waits for the answer. */
export async function sendPart(
  url: string,
  part: string,
  { headers = {}, patient = false }: { headers?: Readonly<Record<string, string>>; patient?: boolean } = {},
): Promise<void> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const all = Object.entries({ ...headers, host: hostname, 'content-length': String(part.length + 1) });
  const head = all.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`POST ${pathname} HTTP/1.1\r\n${head}\r\n${part}`, () => {
    if (!patient) socket.end();
  });
  await once(socket.resume(), patient ? 'data' : 'close', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  socket.destroy();
}

const ANSWER_TIMEOUT_MS = 10_000;
