import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { loadService } from '../../tools/services/grpc/protos.ts';
import { closeServer, listenOn } from '../../tools/services/listen-on.ts';

/** Answers one publish call; what it does not send, the caller does not get. */
export type Behaviour = (stream: ServerHttp2Stream, call: PublishCall) => void;

/** A publish call as it came. */
export interface PublishCall {
  /** Of its messages, in order. */
  readonly webhookIds: readonly string[];
  /** How often the first of them was sent, this time included. */
  readonly attempt: number;
}

/** Takes the place of Pub/Sub, frame by frame: for what a proper gRPC server cannot be made to send. */
export interface Http2Peer {
  readonly port: number;
  /** Chooses what to do with a call; by default it is confirmed. */
  behave: (call: PublishCall) => Behaviour;
  /** Ends all connections, and sends each new one these bytes in place of HTTP/2; undefined goes back to it. */
  speak(bytes: Buffer | undefined): void;
  close(): Promise<void>;
}

const { Publish } = loadService('@google-cloud/pubsub', 'google.pubsub.v1.Publisher');
/** A flag and a length in front of each message of gRPC. */
const PREFIX_BYTES = 5;

/** Starts a peer that confirms every message. */
export async function startHttp2Peer(): Promise<Http2Peer> {
  const attempts = new Map<string, number>();
  const sockets = new Set<Socket>();
  let garbage: Buffer | undefined;
  const http2 = createHttp2Server().on('sessionError', () => {});
  http2.on('stream', async (stream: ServerHttp2Stream) => {
    stream.on('error', () => {});
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const webhookIds = readWebhookIds(Buffer.concat(chunks));
    const [first = ''] = webhookIds;
    attempts.set(first, (attempts.get(first) ?? 0) + 1);
    const call = { webhookIds, attempt: attempts.get(first) ?? 1 };
    peer.behave(call)(stream, call);
  });
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
    if (garbage === undefined) http2.emit('connection', socket);
    else socket.write(garbage);
  });
  const peer: Http2Peer = {
    port: await listenOn(server),
    behave: () => confirm,
    speak(bytes) {
      garbage = bytes;
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await closeServer(server);
    },
  };
  return peer;
}

/** Confirms each message with an id. */
export const confirm: Behaviour = (stream, { webhookIds }) =>
  answerIds(webhookIds.map((_, index) => `${index + 1}`))(stream);

/** Answers OK with these message ids. */
export function answerIds(messageIds: readonly string[]): (stream: ServerHttp2Stream) => void {
  return answerBytes(framed(Publish?.responseSerialize({ messageIds }) ?? Buffer.alloc(0)));
}

/** Answers with these bytes, and with these trailers: OK by default. */
export function answerBytes(
  bytes: Buffer,
  trailers: Record<string, string> = { 'grpc-status': '0' },
): (stream: ServerHttp2Stream) => void {
  return (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end(bytes);
  };
}

/** A message as gRPC sends it. */
export function framed(message: Buffer, flag = 0, length = message.length): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt8(flag);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

function readWebhookIds(body: Buffer): string[] {
  const request = Publish?.requestDeserialize(body.subarray(PREFIX_BYTES)) as {
    messages: { attributes: { webhookId: string } }[];
  };
  return request.messages.map(({ attributes }) => attributes.webhookId);
}
