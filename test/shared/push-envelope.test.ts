import { readEnvelope } from '../../shared/push-envelope.ts';
import { incidentEvent, pushBody } from '../../tools/events/push.ts';

const EVENT = incidentEvent({ receivedAt: '2026-08-01T10:00:01Z' });
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const NO_DELIVERY = { messageId: undefined, deliveryAttempt: undefined, trace: undefined };

function envelope(message: unknown, rest: object = {}): string {
  return JSON.stringify({ message, subscription: 'projects/p/subscriptions/s', ...rest });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

const V1 = { schemaVersion: '1' };

describe('a push request with an event', () => {
  it('gives the event and its delivery', () => {
    const attributes = { ...V1, traceparent: TRACEPARENT, webhookId: 'msg_1' };
    const body = pushBody(EVENT, { attributes, messageId: '77', deliveryAttempt: 3 });
    expect(readEnvelope(Buffer.from(body))).toEqual({
      delivery: {
        messageId: '77',
        deliveryAttempt: 3,
        trace: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true },
      },
      event: EVENT,
    });
  });

  it.each([
    ['no delivery attempt', {}, { messageId: '1', deliveryAttempt: undefined }],
    ['a delivery attempt that is no number', { deliveryAttempt: '5' }, { messageId: '1', deliveryAttempt: undefined }],
    ['an unknown field', { more: [1] }, { messageId: '1', deliveryAttempt: undefined }],
  ])('reads one with %s', (_, rest, expected) => {
    const message = { data: base64(JSON.stringify(EVENT)), attributes: V1, messageId: '1' };
    const push = readEnvelope(Buffer.from(envelope(message, rest)));
    expect(push).toMatchObject({ delivery: expected, event: EVENT });
  });

  it.each([
    ['message_id alone', { message_id: '8' }, '8'],
    ['both, messageId first', { messageId: '7', message_id: '8' }, '7'],
    ['an id that is no id', { messageId: 'a b\n' }, undefined],
    ['an id that is a number', { messageId: 7 }, undefined],
    ['an id of 257 characters', { messageId: 'x'.repeat(257) }, undefined],
  ])('takes the message id from %s', (_, ids, messageId) => {
    const message = { data: base64(JSON.stringify(EVENT)), attributes: V1, ...ids };
    expect(readEnvelope(Buffer.from(envelope(message))).delivery.messageId).toBe(messageId);
  });

  it.each([
    ['not W3C', 'abc'],
    ['a number', 5],
    ['all zero', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
  ])('has no trace where traceparent is %s', (_, traceparent) => {
    const push = readEnvelope(Buffer.from(pushBody(EVENT, { attributes: { ...V1, traceparent } })));
    expect(push).toEqual({ delivery: { ...NO_DELIVERY, messageId: '1001' }, event: EVENT });
  });

  it('goes by the data where attributes disagree with it', () => {
    const attributes = { ...V1, webhookId: 'msg_other', incidentId: 'other', incidentStatus: 'triage' };
    expect(readEnvelope(Buffer.from(pushBody(EVENT, { attributes }))).event).toEqual(EVENT);
  });

  it('keeps the delivery where the event is none', () => {
    const push = readEnvelope(Buffer.from(pushBody({}, { messageId: '9', deliveryAttempt: 2 })));
    expect(push).toEqual({
      delivery: { messageId: '9', deliveryAttempt: 2, trace: undefined },
      event: undefined,
      fault: 'schema',
    });
  });
});

describe('a push request without one', () => {
  const data = base64(JSON.stringify(EVENT));
  const { leads, ...withoutLeads } = EVENT;

  it.each<[string, string | Buffer, string]>([
    ['empty', '', 'not_an_envelope'],
    ['not JSON', '{"message":', 'not_an_envelope'],
    ['a byte order mark', `\ufeff${envelope({ data, attributes: V1 })}`, 'not_an_envelope'],
    ['null', 'null', 'not_an_envelope'],
    ['a string', '"message"', 'not_an_envelope'],
    ['an array', '[{"message":{}}]', 'not_an_envelope'],
    ['an object without message', '{}', 'not_an_envelope'],
    ['the event itself', JSON.stringify(EVENT), 'not_an_envelope'],
    ['a message that is null', envelope(null), 'not_an_envelope'],
    ['a message that is a string', envelope('x'), 'not_an_envelope'],
    ['a message that is an array', envelope([]), 'not_an_envelope'],
    ['a message without data', envelope({ attributes: V1, messageId: '1' }), 'not_an_envelope'],
    ['data that is a number', envelope({ data: 5, attributes: V1 }), 'not_an_envelope'],
    ['data that is null', envelope({ data: null, attributes: V1 }), 'not_an_envelope'],
    ['data with a character too many', envelope({ data: `${data}!`, attributes: V1 }), 'not_base64'],
    ['data with white space', envelope({ data: `${data}\n`, attributes: V1 }), 'not_base64'],
    ['data that is JSON as it is', envelope({ data: JSON.stringify(EVENT), attributes: V1 }), 'not_base64'],
    ['data without padding', envelope({ data: base64('{} ').slice(0, -1), attributes: V1 }), 'not_base64'],
    ['data in base64url', envelope({ data: '_-8=', attributes: V1 }), 'not_base64'],
    ['no attributes', envelope({ data }), 'schema_version'],
    ['attributes that are null', envelope({ data, attributes: null }), 'schema_version'],
    ['no schemaVersion', envelope({ data, attributes: {} }), 'schema_version'],
    ['schemaVersion 2', envelope({ data, attributes: { schemaVersion: '2' } }), 'schema_version'],
    ['schemaVersion as a number', envelope({ data, attributes: { schemaVersion: 1 } }), 'schema_version'],
    ['schemaVersion with a space', envelope({ data, attributes: { schemaVersion: '1 ' } }), 'schema_version'],
    ['data that is empty', envelope({ data: '', attributes: V1 }), 'not_json'],
    ['data that is not UTF-8', pushBody(0, { data: Buffer.from([0x22, 0xff, 0x22]) }), 'not_utf8'],
    ['data that is not JSON', pushBody(0, { data: '{' }), 'not_json'],
    ['data with a byte order mark', pushBody(0, { data: `\ufeff${JSON.stringify(EVENT)}` }), 'not_json'],
    ['an event that is null', pushBody(null), 'schema'],
    ['an event without leads', pushBody(withoutLeads), 'schema'],
    ['an event with a field too many', pushBody({ ...EVENT, email: 'ada@example.com' }), 'schema'],
    ['an event of another principal', pushBody({ ...EVENT, principal: 'x@example.com' }), 'schema'],
    ['an event without a time', pushBody({ ...EVENT, receivedAt: 'yesterday' }), 'schema'],
    ['an event without incident', pushBody({ ...EVENT, incident: null }), 'schema'],
    ['a status that is a number', pushBody({ ...EVENT, incident: { ...EVENT.incident, status: 1 } }), 'schema'],
    ['an incident id with a line break', pushBody({ ...EVENT, incident: { ...EVENT.incident, id: 'a\nb' } }), 'schema'],
    [
      'a Slack id with SQL in it',
      pushBody({ ...EVENT, leads: [{ ...leads[0], slackUserId: "U1'; drop table alaner;--" }] }),
      'schema',
    ],
    ['a Slack id with NUL', pushBody({ ...EVENT, leads: [{ ...leads[0], slackUserId: 'U1\u0000' }] }), 'schema'],
    ['a Slack id that is an array', pushBody({ ...EVENT, leads: [{ ...leads[0], slackUserId: ['U1'] }] }), 'schema'],
  ])('is refused: %s', (_, body, fault) => {
    expect(readEnvelope(Buffer.from(body))).toMatchObject({ event: undefined, fault });
  });

  it('is refused where __proto__ poses as the message', () => {
    const body = `{"__proto__": ${envelope({ data, attributes: V1 })}}`;
    expect(readEnvelope(Buffer.from(body))).toEqual({
      delivery: NO_DELIVERY,
      event: undefined,
      fault: 'not_an_envelope',
    });
  });
});
