import { incidentEvent, pushBody } from '../../tools/events/push.ts';
import { type LeadProcess, startLead } from '../support/lead-process.ts';

/** What Pub/Sub sends beside a payload without its envelope, where a subscription asks for metadata. */
const METADATA = {
  'x-goog-pubsub-message-id': '1001',
  'x-goog-pubsub-subscription-name': 'projects/alan-eu-tools/subscriptions/incident-lead',
  schemaversion: '1',
};
const EVENT = incidentEvent();
const { message } = JSON.parse(pushBody(EVENT)) as { message: object };

let lead: LeadProcess;
// Nothing here gets as far as a database: there is none.
beforeAll(async () => {
  lead = await startLead({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' });
});
afterAll(() => lead.stop());

it.each<[string, string]>([
  ['the event itself', JSON.stringify(EVENT)],
  ['the event in base64', Buffer.from(JSON.stringify(EVENT)).toString('base64')],
  ['a message without its envelope', JSON.stringify(message)],
  ['a list of envelopes', `[${pushBody(EVENT)}]`],
  ['messages in the plural', JSON.stringify({ messages: [message] })],
  ['an event whose message is a string', JSON.stringify({ ...EVENT, message: 'text' })],
  ['a CloudEvent around the envelope', JSON.stringify({ specversion: '1.0', data: { message } })],
])('answers 400 to %s in place of a push envelope', async (_name, body) => {
  const { status, lines } = await lead.send(body, { headers: METADATA });
  expect(lines).toMatchObject([
    { severity: 'ERROR', metadata: { outcome: 'invalid_message', reason: 'not_an_envelope', status: 400 } },
  ]);
  expect(status).toBe(400);
});

it('goes on with the next envelope', async () => {
  expect((await lead.send(pushBody(incidentEvent({ status: 'live' })))).status).toBe(204);
  expect(lead.errors).toEqual([]);
});
