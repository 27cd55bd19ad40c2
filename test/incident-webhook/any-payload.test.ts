import fc from 'fast-check';
import { readIncident } from '../../functions/incident-webhook/incident.ts';
import { Refusal } from '../../functions/incident-webhook/outcomes.ts';
import { toMessage } from '../../functions/incident-webhook/publish.ts';
import { INCIDENT_UPDATED } from '../../functions/incident-webhook/webhook-body.ts';
import { decodeIncidentEvent } from '../../shared/decode-incident-event.ts';
import { readingOf } from '../../tools/fuzz/verdict.ts';
import type { Json } from './body.ts';

const text = fc.string({ unit: 'binary', maxLength: 300 });
const anything = fc.jsonValue({ maxDepth: 2 });
const odd = <T>(right: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 8, arbitrary: right },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: anything },
  );
const time = fc.oneof(
  fc.constantFrom('2026-11-23T24:00:00Z', '2026-02-30T10:00:00Z', '2016-12-31T23:59:60Z'),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.stringMatching(
    /^[0-9]{4}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]{1,10})?([Zz]|[+-][0-2][0-9]:[0-6][0-9])$/,
  ),
);

/** Bodies near the schema, right and wrong: what the sender may come to send. */
const bodies: fc.Arbitrary<Json> = fc.record(
  {
    event_type: odd(fc.oneof(fc.constant(INCIDENT_UPDATED), text)),
    [INCIDENT_UPDATED]: odd(
      fc.record(
        {
          id: odd(fc.oneof(fc.ulid(), text)),
          incident_id: odd(fc.ulid()),
          incident_status: odd(fc.oneof(text, fc.record({ category: odd(text) }, { requiredKeys: [] }))),
          incident_role_assignments: odd(
            fc.array(
              fc.record(
                {
                  role: odd(fc.record({ role_type: odd(fc.constantFrom('lead', 'reporter')) }, { requiredKeys: [] })),
                  assignee: odd(fc.record({ id: odd(text), slack_user_id: odd(text) }, { requiredKeys: [] })),
                },
                { requiredKeys: [] },
              ),
            ),
          ),
          reference: odd(text),
          mode: odd(text),
          permalink: odd(fc.oneof(fc.webUrl(), text)),
          updated_at: odd(time),
        },
        { requiredKeys: ['id'] },
      ),
    ),
  },
  { requiredKeys: ['event_type', INCIDENT_UPDATED] },
);

it('is published only in a form that the subscriber accepts, with attributes that Pub/Sub takes', () => {
  let published = 0;
  fc.assert(
    fc.property(bodies, (body) => {
      let event: ReturnType<typeof readIncident>;
      try {
        event = readIncident(JSON.stringify(body), { webhookId: 'msg_1', receivedAt: new Date() });
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
        return;
      }
      if (typeof event === 'string') return;
      published += 1;
      const { data, attributes } = toMessage(event, undefined);
      expect(decodeIncidentEvent(data)).toEqual(event);
      for (const value of Object.values(attributes)) expect(Buffer.byteLength(value)).toBeLessThanOrEqual(1024);
    }),
    { numRuns: 3_000 },
  );
  expect(published).toBeGreaterThan(300);
});

it('is refused without a word of its own', () => {
  const secret = 'lisa.karlin.curtis';
  fc.assert(
    fc.property(bodies, fc.json(), (body, more) => {
      const marked = JSON.stringify({ ...body, more }, (_key, value) => (typeof value === 'string' ? secret : value));
      try {
        readIncident(marked, { webhookId: 'msg_1', receivedAt: new Date() });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        expect(JSON.stringify([error.errors, error.detail, error.message, String(error.cause)])).not.toContain(secret);
      }
    }),
    { numRuns: 1_000 },
  );
});

it('is read or refused, whatever its bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      readingOf(Buffer.from(bytes));
    }),
  );
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), (any) => {
      readingOf(Buffer.from(any));
    }),
  );
});
