import { constants, type ServerHttp2Stream } from 'node:http2';
import { concurrently } from '../support/concurrently.ts';
import { expectForm } from '../support/hostile-table.ts';
import { type Behaviour, confirm } from '../support/http2-peer.ts';
import {
  expectNotPublished,
  expectRecovery,
  sendInTime,
  startWebhookWithPeer,
  type WebhookWithPeer,
} from '../support/webhook-with-peer.ts';

const SETTINGS = Buffer.from('000000040000000000', 'hex');

for (const [name, behaviour] of Object.entries<Behaviour>({
  'GOAWAY in mid-call': goAway(constants.NGHTTP2_NO_ERROR),
  'GOAWAY in mid-call, with an error': goAway(constants.NGHTTP2_INTERNAL_ERROR),
  'GOAWAY in mid-call, for too many pings': goAway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 'too_many_pings'),
  'a connection that ends in mid-call': ({ session }) => session?.destroy(),
  'a connection that is reset in mid-call': ({ session }) => session?.socket.destroy(),
})) {
  scenario(`publishes on another connection after ${name}`, async (scene) => {
    await expectRecovery(scene);
    scene.peer.behave = ({ attempt }) => (attempt === 1 ? behaviour : confirm);
    for (let time = 0; time < 3; time += 1) expectForm((await sendInTime(scene)).answer, 204);
  });

  scenario(`answers 503 to ${name} every time, and publishes when it is over`, async (scene) => {
    scene.peer.behave = () => behaviour;
    await expectNotPublished(scene, await sendInTime(scene));
    scene.peer.behave = () => confirm;
    await expectRecovery(scene);
  });
}

scenario('finishes the calls under way when GOAWAY lets them', async (scene) => {
  scene.peer.behave = () => (stream, call) => {
    stream.session?.goaway(constants.NGHTTP2_NO_ERROR, stream.id ?? 1);
    setTimeout(() => confirm(stream, call), 300);
  };
  for (let time = 0; time < 3; time += 1) expectForm((await sendInTime(scene)).answer, 204);
});

for (const [name, bytes] of Object.entries({
  'HTTP/1.1': Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'),
  'another protocol': Buffer.from('220 mail.example ESMTP\r\n'),
  'a TLS alert': Buffer.from('15030300020228', 'hex'),
  zeros: Buffer.alloc(64 * 1024),
  'a frame of 16 MiB': Buffer.from('ffffff000000000001', 'hex'),
  'an unknown frame': Buffer.concat([SETTINGS, Buffer.from('000004ff00000000016e6f6e65', 'hex')]),
  'headers that are not HPACK': Buffer.concat([SETTINGS, Buffer.from('0000040104000000018fffffff', 'hex')]),
  'a push that nobody asked for': Buffer.concat([SETTINGS, Buffer.from('00000505040000000100000002ff', 'hex')]),
  'nothing at all': Buffer.alloc(0),
})) {
  scenario(`answers 503 while Pub/Sub's address speaks ${name}, and publishes when it is over`, async (scene) => {
    await expectRecovery(scene);
    scene.peer.speak(bytes);
    await expectNotPublished(scene, await sendInTime(scene));
    scene.peer.speak(undefined);
    await expectRecovery(scene);
  });
}

function scenario(name: string, run: (scene: WebhookWithPeer) => Promise<void>): void {
  concurrently(name, async () => {
    const scene = await startWebhookWithPeer();
    await run(scene).finally(scene.close);
  });
}

/** Takes no stream of the connection, the call's own included, and ends it. */
function goAway(code: number, text = ''): Behaviour {
  return (stream: ServerHttp2Stream) => {
    stream.session?.goaway(code, 0, Buffer.from(text));
    stream.session?.destroy();
  };
}
