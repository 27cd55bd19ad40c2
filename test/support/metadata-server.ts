import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers a request for an access token. */
export type TokenAnswer = (res: ServerResponse, count: number) => void;

/** A metadata server whose tokens a test decides about; everything else it answers as Google's does. */
export interface MetadataServer {
  /** Leads a process here; after the environment of whatever else plays Google Cloud. */
  readonly env: Readonly<Record<string, string>>;
  /** Decides about the next token. */
  answerToken: TokenAnswer;
  close(): Promise<void>;
}

/** Starts it on loopback. */
export async function startMetadataServer(answerToken: TokenAnswer): Promise<MetadataServer> {
  let tokens = 0;
  const server = createServer((req, res) => {
    res.setHeader('metadata-flavor', 'Google');
    if (req.url?.includes('/token')) {
      tokens += 1;
      metadata.answerToken(res, tokens);
    } else {
      res.end(req.url?.includes('universe') ? 'googleapis.com' : 'p');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const metadata: MetadataServer = {
    env: { GCE_METADATA_HOST: `127.0.0.1:${(server.address() as AddressInfo).port}` },
    answerToken,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return metadata;
}

/** Gives out a new token each time, which lasts so many seconds. */
export function token(seconds: number): TokenAnswer {
  return (res, count) =>
    answer(200, JSON.stringify({ access_token: `token-${count}`, expires_in: seconds, token_type: 'Bearer' }))(
      res,
      count,
    );
}

/** Answers with this status and text. */
export function answer(status: number, text: string, type = 'application/json'): TokenAnswer {
  return (res) => res.writeHead(status, { 'content-type': type }).end(text);
}
