import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A message that the demo subscriber was sent. */
export interface DemoMessage {
  readonly messageId: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly data: unknown;
}

type Push = Omit<DemoMessage, 'data'> & { readonly data: string };

/** The smallest subscriber there is: takes a push, tells the event, answers 204. Starts on a free port of 127.0.0.1. */
export async function startDemoSubscriber(
  onMessage: (message: DemoMessage) => void,
): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      try {
        const { message } = JSON.parse(Buffer.concat(chunks).toString()) as { message: Push };
        const { messageId, attributes, data } = message;
        onMessage({ messageId, attributes, data: JSON.parse(Buffer.from(data, 'base64').toString()) });
        res.writeHead(204).end();
      } catch {
        res.writeHead(400).end();
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
