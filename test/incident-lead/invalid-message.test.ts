import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { incidentEvent, pushBody } from '../../tools/events/push.ts';
import { type LeadProcess, startLead } from '../support/lead-process.ts';

let lead: LeadProcess;

// Nothing here gets as far as a database: there is none.
beforeAll(async () => {
  lead = await startLead({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' });
});

afterAll(() => lead?.stop());

describe('a push request without an event', () => {
  const good = pushBody(incidentEvent());
  it.each<[string, string, Parameters<LeadProcess['send']>]>([
    ['nothing', 'not_an_envelope', ['']],
    ['no JSON', 'not_an_envelope', ['{"message":']],
    ['no message', 'not_an_envelope', ['{}']],
    ['no data', 'not_an_envelope', ['{"message":{"attributes":{"schemaVersion":"1"},"messageId":"1"}}']],
    ['nesting', 'not_an_envelope', ['['.repeat(100_000)]],
    ['data that is not base64', 'not_base64', [good.replace('"data":"', '"data":"!')]],
    ['data that is not UTF-8', 'not_utf8', [pushBody(0, { data: Buffer.from([0xff]) })]],
    ['data that is not JSON', 'not_json', [pushBody(0, { data: 'NaN' })]],
    ['another event', 'schema', [pushBody({})]],
    ['no schemaVersion', 'schema_version', [pushBody(incidentEvent(), { attributes: {} })]],
    ['a later schemaVersion', 'schema_version', [pushBody(incidentEvent(), { attributes: { schemaVersion: '2' } })]],
    ['gzip', 'content_encoding', [gzipSync(good), { headers: { 'content-encoding': 'gzip' } }]],
    ['gzip announced alone', 'content_encoding', [good, { headers: { 'content-encoding': 'gzip' } }]],
    ['GET', 'not_an_envelope', [undefined, { method: 'GET' }]],
    ['PUT', 'not_an_envelope', [good, { method: 'PUT' }]],
    ['OPTIONS', 'not_an_envelope', [undefined, { method: 'OPTIONS' }]],
    ['17 MB', 'too_large', [Buffer.alloc(17 * 1024 * 1024, 'x')]],
  ])('is answered 400: %s', async (_, reason, sending) => {
    const { status, lines } = await lead.send(...sending);
    expect(status).toBe(400);
    expect(lines).toMatchObject([
      {
        severity: 'ERROR',
        metadata: { outcome: 'invalid_message', reason, status: 400, durationMs: expect.any(Number) },
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain('xxxx');
  });

  it('still says which message it was', async () => {
    const messageId = '9001';
    const { lines } = await lead.send(pushBody({}, { messageId, deliveryAttempt: 20 }));
    expect(lines).toMatchObject([{ metadata: { outcome: 'invalid_message', messageId, deliveryAttempt: 20 } }]);
  });

  it('does not hold up a good one, however many there are', async () => {
    const poison = ['{', '', pushBody({}), pushBody(0, { data: Buffer.from([0xff]) }), '['.repeat(50_000)];
    const all = await Promise.all([
      ...Array.from({ length: 100 }, (_, at) =>
        fetch(lead.url, { method: 'POST', body: poison[at % poison.length] ?? '' }),
      ),
      fetch(lead.url, { method: 'POST', body: pushBody(incidentEvent({ status: 'live' })) }),
      fetch(lead.url, {
        method: 'POST',
        body: pushBody(incidentEvent({ leads: [] })),
      }),
    ]);
    expect(all.slice(0, 100).every(({ status }) => status === 400)).toBe(true);
    expect(all.slice(100).map(({ status }) => status)).toEqual([204, 204]);
  });

  it('is answered when its body does not come to an end', async () => {
    const socket = connect(Number(new URL(lead.url).port), '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"message":');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 /);
    expect(lead.lines).toContainEqual(
      expect.objectContaining({
        message: expect.stringContaining('delivers it again'),
        metadata: expect.objectContaining({ outcome: 'invalid_message', reason: 'body_timeout' }),
      }),
    );
  });

  it('is no harm when the sender hangs up', async () => {
    const socket = connect(Number(new URL(lead.url).port), '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"message":');
    await once(socket, 'connect');
    socket.resetAndDestroy();
    expect((await lead.send(pushBody(incidentEvent({ status: 'live' })))).status).toBe(204);
  });

  it('has written nothing to stderr all the while', () => {
    expect(lead.errors).toEqual([]);
  });
});
