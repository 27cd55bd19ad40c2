import { createServer, type Socket } from 'node:net';
import { Writer } from 'pg-protocol/dist/buffer-writer.js';
import { closeServer, listenOn } from '../../tools/services/listen-on.ts';

/** Makes what a client gets in place of a good answer; it is told that answer. */
export type Spoil = (good: Buffer) => Buffer;

/** What is wrong with a server: its answer to the start of a connection, its answer to a look-up, or both. */
export interface Spoiled {
  readonly startup?: Spoil;
  readonly query?: Spoil;
  /** Whether it ends the connection behind its spoiled bytes; otherwise it falls silent. */
  readonly ends?: boolean;
}

/**
 * A server that speaks just enough of PostgreSQL's protocol to answer one look-up, and that can be
 * told to break it.
 */
export interface FakePostgres {
  /** For `DATABASE_URL`. */
  readonly url: string;
  spoiled: Spoiled;
  /** Sends these bytes on every open connection, although nobody has asked. */
  interrupt(bytes: Buffer): void;
  /** Ends every open connection. */
  cut(): void;
  close(): Promise<void>;
}

/** A row of the directory, as text. */
export type Row = readonly (string | null)[];

/** Type numbers of `text` and `text[]`. */
const [TEXT, TEXT_ARRAY] = [25, 1009];
const PROTOCOL_3 = 196_608;

/** Starts a server whose directory holds this one row: Slack id, e-mail address, roles. */
export async function startFakePostgres(row: Row): Promise<FakePostgres> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket.on('error', () => {}).on('close', () => open.delete(socket)));
    serve(socket, row, () => fake.spoiled);
  });
  const fake: FakePostgres = {
    url: `postgres://reader:password@127.0.0.1:${await listenOn(server)}/alan`,
    spoiled: {},
    interrupt(bytes) {
      for (const socket of open) socket.write(bytes);
    },
    cut() {
      for (const socket of open) socket.destroy();
    },
    async close() {
      fake.cut();
      await closeServer(server);
    },
  };
  return fake;
}

/** A message of the server: its type, and what follows the length. */
export function message(type: string, body: Buffer = Buffer.alloc(0), length = body.length + 4): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(length, 1);
  return Buffer.concat([head, body]);
}

/** An authentication request of this kind; 0 lets the client in. */
export function authentication(kind: number, more: string | Buffer = ''): Buffer {
  return message('R', new Writer().addInt32(kind).add(Buffer.from(more)).flush());
}

/** The columns of the directory; format 1 is binary. */
export function rowDescription(names: readonly string[] = ['slack_id', 'email', 'roles'], format = 0): Buffer {
  const body = new Writer().addInt16(names.length);
  for (const name of names) {
    // Of no table; then the type, of variable length, without a modifier.
    body.addCString(name).addInt32(0).addInt16(0);
    body
      .addInt32(name === 'roles' ? TEXT_ARRAY : TEXT)
      .addInt16(-1)
      .addInt32(-1)
      .addInt16(format);
  }
  return message('T', body.flush());
}

/** A row; null is the database's null. */
export function dataRow(values: Row): Buffer {
  const body = new Writer().addInt16(values.length);
  for (const value of values) {
    body.addInt32(value === null ? -1 : Buffer.byteLength(value)).addString(value ?? '');
  }
  return message('D', body.flush());
}

const READY = message('Z', Buffer.from('I'));
const COMPLETE = message('C', Buffer.from('SELECT 1\0'));
const STARTED = Buffer.concat([authentication(0), message('S', Buffer.from('server_version\x0017\0')), READY]);

function serve(socket: Socket, row: Row, spoiled: () => Spoiled): void {
  const answers: Record<string, () => Buffer> = {
    P: () => message('1'),
    B: () => message('2'),
    D: () => rowDescription(),
    E: () => Buffer.concat([dataRow(row), COMPLETE]),
    C: () => message('3'),
    S: () => READY,
    Q: () => Buffer.concat([message('C', Buffer.from('SET\0')), READY]),
  };
  let received: Buffer = Buffer.alloc(0);
  let pending: Buffer[] = [];
  let started = false;
  const send = (good: Buffer, spoil: Spoil | undefined): void => {
    if (spoil === undefined) socket.write(good);
    else if (spoiled().ends) socket.end(spoil(good));
    else socket.write(spoil(good));
  };
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    if (!started && received.length >= 8) {
      const length = received.readInt32BE(0);
      if (received.length < length) return;
      if (received.readInt32BE(4) !== PROTOCOL_3) socket.destroy();
      received = received.subarray(length);
      started = true;
      send(STARTED, spoiled().startup);
    }
    while (started && received.length >= 5 && received.length > received.readInt32BE(1)) {
      const type = String.fromCharCode(received.readUInt8(0));
      received = received.subarray(1 + received.readInt32BE(1));
      pending.push(answers[type]?.() ?? Buffer.alloc(0));
      if (type !== 'S' && type !== 'Q') continue;
      send(Buffer.concat(pending), type === 'S' ? spoiled().query : undefined);
      pending = [];
    }
  });
}
