import { constants, type ServerHttp2Stream } from 'node:http2';
import { dial } from '../../tools/services/raw-http.ts';
import { bodyOf } from '../incident-webhook/body.ts';
import { concurrently } from '../support/concurrently.ts';
import { expectForm } from '../support/hostile-table.ts';
import { answerBytes, answerIds, type Behaviour, confirm, framed } from '../support/http2-peer.ts';
import { separatePublishes } from '../support/separate-publishes.ts';
import type { Exchange } from '../support/webhook-system.ts';
import {
  expectNotPublished,
  expectSilenceAbout,
  sendInTime,
  startWebhookWithPeer,
} from '../support/webhook-with-peer.ts';

/** In whatever the peer sends as text: what a server says may hold more than it should. */
const MARK = 'ya29.token-in-an-answer';
const NO_PROTOBUF = Buffer.from('ffffffff', 'hex');

/** What to do with the calls of one webhook: these faults leave the connection to others. */
const behaviours = new Map<string, Behaviour>();
const publishes = separatePublishes();
const starting = startWebhookWithPeer().then((scene) => {
  scene.peer.behave = ({ webhookIds: [id = ''] }) => {
    publishes.arrived(id);
    return behaviours.get(id) ?? confirm;
  };
  return scene;
});
let count = 0;
afterAll(async () => (await starting).close());

for (const [name, behaviour] of Object.entries<Behaviour>({
  'RST_STREAM with NO_ERROR': reset(constants.NGHTTP2_NO_ERROR),
  'RST_STREAM with PROTOCOL_ERROR': reset(constants.NGHTTP2_PROTOCOL_ERROR),
  'RST_STREAM with INTERNAL_ERROR': reset(constants.NGHTTP2_INTERNAL_ERROR),
  'RST_STREAM with REFUSED_STREAM': reset(constants.NGHTTP2_REFUSED_STREAM),
  'RST_STREAM with CANCEL': reset(constants.NGHTTP2_CANCEL),
  'RST_STREAM with ENHANCE_YOUR_CALM': reset(constants.NGHTTP2_ENHANCE_YOUR_CALM),
  'RST_STREAM with INADEQUATE_SECURITY': reset(constants.NGHTTP2_INADEQUATE_SECURITY),
  'RST_STREAM behind the headers': (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    setTimeout(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR), 20);
  },
  'RST_STREAM within the message': (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(framed(NO_PROTOBUF, 0, 100));
    setTimeout(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR), 20);
  },
  'no status of gRPC': (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.end(framed(Buffer.alloc(0)));
  },
  'a status that is not a number': answerBytes(framed(Buffer.alloc(0)), { 'grpc-status': MARK }),
  'a status that nobody knows': answerBytes(Buffer.alloc(0), { 'grpc-status': '99', 'grpc-message': MARK }),
  'a page in HTML': (stream) => {
    stream.respond({ ':status': 502, 'content-type': 'text/html' });
    stream.end(`<html>${MARK}</html>`);
  },
  'OK without a message': answerBytes(Buffer.alloc(0)),
  'a message that is cut off': answerBytes(framed(NO_PROTOBUF, 0, 100)),
  'a message of 4 GiB': answerBytes(framed(NO_PROTOBUF, 0, 0xffffffff)),
  'a message that is not protobuf': answerBytes(framed(NO_PROTOBUF)),
  'a message said to be compressed': answerBytes(framed(NO_PROTOBUF, 1)),
  'no message id': answerIds([]),
  'an empty message id': answerIds(['']),
})) {
  concurrently(`answers 503 to ${name}, and publishes when it is over`, async () => {
    const sent = await sendWith(behaviour);
    await expectNotPublished(await starting, sent);
    behaviours.delete(sent.webhookId);
    const again = publishes.send(sent.webhookId, async () => sendInTime(await starting, sent.webhookId));
    expectForm((await again).answer, 204);
  });
}

for (const [name, behaviour] of Object.entries<Behaviour>({
  'RST_STREAM with REFUSED_STREAM, once': once(reset(constants.NGHTTP2_REFUSED_STREAM)),
  'RST_STREAM with INTERNAL_ERROR, once': once(reset(constants.NGHTTP2_INTERNAL_ERROR)),
  'RST_STREAM with CANCEL, once': once(reset(constants.NGHTTP2_CANCEL)),
  'an id for it, and one more': answerIds(['1', '2']),
})) {
  concurrently(`answers 204 to ${name}`, async () => expectForm((await sendWith(behaviour)).answer, 204));
}

concurrently('confirms no more events than there are message ids', async () => {
  const scene = await startWebhookWithPeer();
  scene.peer.behave = () => answerIds(['1', '2']);
  const connection = await dial(scene.system.port);
  const sent = [1, 2, 3].map(() => scene.system.prepare({ body: bodyOf() }));
  connection.write(Buffer.concat(sent.map(({ bytes }) => bytes)));
  const answers = [await connection.answer(), await connection.answer(), await connection.answer()];
  connection.socket.destroy();
  expect(answers.map((answer) => answer?.status)).toEqual([204, 204, 503]);
  const lines = await Promise.all(sent.map((one) => scene.system.linesOf(one)));
  expect(lines[2]?.[0]?.message).toContain('Pub/Sub confirmed no message id.');
  await scene.close();
});

it('says nothing of what the peer said', async () => expectSilenceAbout(await starting, MARK));

async function sendWith(behaviour: Behaviour): Promise<Exchange> {
  count += 1;
  const id = `msg_${count}`;
  behaviours.set(id, behaviour);
  const scene = await starting;
  return publishes.send(id, () => sendInTime(scene, id));
}

function reset(code: number): Behaviour {
  return (stream: ServerHttp2Stream) => stream.close(code);
}

/** Misbehaves at the first attempt, and confirms the next. */
function once(behaviour: Behaviour): Behaviour {
  return (stream, call) => (call.attempt === 1 ? behaviour : confirm)(stream, call);
}
