import { readFileSync } from 'node:fs';
import { readIncident } from '../../functions/incident-webhook/incident.ts';
import { INCIDENT_UPDATED } from '../../functions/incident-webhook/webhook-body.ts';
import type { IncidentEvent } from '../../shared/incident-event.ts';
import { bodyOf, INCIDENT_ID, type Json } from './body.ts';

const RECEIVED = { webhookId: 'msg_1', receivedAt: new Date('2026-11-23T10:00:00.000Z') };

const read = (text: string) => readIncident(text, RECEIVED);

function eventOf(text: string): IncidentEvent {
  const event = read(text);
  if (typeof event === 'string') throw new Error(`it was read as ${event}`);
  return event;
}

const incidentOf = (incident: Json, envelope?: Json) => eventOf(bodyOf(incident, envelope)).incident;

it("reads incident.io's own example", () => {
  const text = readFileSync(`schemas/examples/official-2026-08/${INCIDENT_UPDATED}.json`, 'utf8');
  expect(eventOf(text)).toEqual({
    webhookId: 'msg_1',
    eventType: 'public_incident.incident_updated_v2',
    receivedAt: '2026-11-23T10:00:00.000Z',
    principal: 'incidentio-webhook@alan-eu-tools.iam.gserviceaccount.com',
    incident: {
      id: '01FDAG4SAP5TYPT98WGR2N7W91',
      reference: 'INC-123',
      status: 'triage',
      mode: 'standard',
      permalink: 'https://app.incident.io/incidents/123',
      updatedAt: '2021-08-17T13:28:57.801578Z',
    },
    leads: [{ incidentIoUserId: '01FCNDV6P870EA6S7TK1DSYDG0', slackUserId: 'U02AYNF2XJM' }],
  });
});

it('reads an id and nothing else', () => {
  expect(eventOf(bodyOf())).toEqual({
    webhookId: 'msg_1',
    eventType: 'public_incident.incident_updated_v2',
    receivedAt: '2026-11-23T10:00:00.000Z',
    principal: 'incidentio-webhook@alan-eu-tools.iam.gserviceaccount.com',
    incident: { id: INCIDENT_ID, reference: null, status: null, mode: null, permalink: null, updatedAt: null },
    leads: [],
  });
});

describe('the incident id', () => {
  it.each<[string, Json, string]>([
    ['id', { id: 'a' }, 'a'],
    ['128 characters', { id: 'a'.repeat(128) }, 'a'.repeat(128)],
    ['the first and the last printable character', { id: ' ~' }, ' ~'],
    ['incident_id where id is missing', { id: undefined, incident_id: 'b' }, 'b'],
    ['incident_id where id is null', { id: null, incident_id: 'b' }, 'b'],
    ['id where both are there', { id: 'a', incident_id: 'b' }, 'a'],
    ['id beside an incident_id of another type', { id: 'a', incident_id: 5 }, 'a'],
  ])('is taken: %s', (_name, incident, expected) => {
    expect(incidentOf(incident).id).toBe(expected);
  });
});

describe('the status', () => {
  const CATEGORIES = ['triage', 'declined', 'merged', 'canceled', 'live', 'learning', 'closed', 'paused', 'new_one'];
  it.each<[string, unknown, string | null]>([
    ...CATEGORIES.map<[string, unknown, string]>((category) => [`the category ${category}`, { category }, category]),
    ['a plain string', 'investigating', 'investigating'],
    ['missing', undefined, null],
    ['null', null, null],
    ['an object without category', { name: 'Closed' }, null],
    ['a category of null', { category: null }, null],
    ['an empty string', '', null],
    ['an empty category', { category: '' }, null],
    ['64 characters', 's'.repeat(64), 's'.repeat(64)],
    ['65 characters', 's'.repeat(65), null],
    ['a category of 64 characters of four bytes', { category: '💥'.repeat(64) }, '💥'.repeat(64)],
    ['a category of 65 characters', { category: '💥'.repeat(65) }, null],
    ['a lone surrogate', '\ud800', '\ufffd'],
  ])('is read: %s', (_name, incident_status, expected) => {
    expect(incidentOf({ incident_status }).status).toBe(expected);
  });
});

describe('fields that are only carried on', () => {
  const url = (length: number) => `https://app.incident.io/${'x'.repeat(length - 24)}`;
  it.each<[string, 'reference' | 'mode' | 'permalink' | 'updatedAt', Json, string | null]>([
    ['a reference of 64 characters', 'reference', { reference: 'R'.repeat(64) }, 'R'.repeat(64)],
    ['a reference of 65 characters', 'reference', { reference: 'R'.repeat(65) }, null],
    ['a reference of another type', 'reference', { reference: 123 }, null],
    ['a reference with a lone surrogate', 'reference', { reference: 'INC\udfff' }, 'INC\ufffd'],
    ['any mode', 'mode', { mode: 'tutorial' }, 'tutorial'],
    ['a mode of 64 characters', 'mode', { mode: 'm'.repeat(64) }, 'm'.repeat(64)],
    ['a mode of 65 characters', 'mode', { mode: 'm'.repeat(65) }, null],
    ['a mode of another type', 'mode', { mode: ['standard'] }, null],
    ['a permalink of 2,048 characters', 'permalink', { permalink: url(2048) }, url(2048)],
    ['a permalink of 2,049 characters', 'permalink', { permalink: url(2049) }, null],
    ['a permalink that is no https', 'permalink', { permalink: 'http://app.incident.io/1' }, null],
    ['a permalink that is a script', 'permalink', { permalink: 'javascript:alert(1)' }, null],
    ['a permalink that is no URL', 'permalink', { permalink: 'https://' }, null],
    ['a permalink with white space', 'permalink', { permalink: 'https://a/ b' }, null],
    ['a permalink with a newline', 'permalink', { permalink: 'https://a/b\n' }, null],
    ['a permalink with a bidi override', 'permalink', { permalink: 'https://a/\u202eb' }, null],
    ['a permalink of another type', 'permalink', { permalink: {} }, null],
    ['fractional seconds', 'updatedAt', { updated_at: '2026-11-23T10:00:47.6Z' }, '2026-11-23T10:00:47.6Z'],
    ['an offset', 'updatedAt', { updated_at: '2026-11-23T10:00:00+05:30' }, '2026-11-23T10:00:00+05:30'],
    ['the year 9999', 'updatedAt', { updated_at: '9999-12-31T23:59:59Z' }, '9999-12-31T23:59:59Z'],
    ['a date alone', 'updatedAt', { updated_at: '2026-11-23' }, null],
    ['another form', 'updatedAt', { updated_at: 'Mon, 23 Nov 2026 10:00:00 GMT' }, null],
    ['an hour that RFC 3339 does not have', 'updatedAt', { updated_at: '2026-11-23T24:00:00Z' }, null],
    ['a day that the month does not have', 'updatedAt', { updated_at: '2026-02-30T10:00:00Z' }, null],
    ['a leap second, which no Date can hold', 'updatedAt', { updated_at: '2016-12-31T23:59:60Z' }, null],
    ['ten fractional digits', 'updatedAt', { updated_at: '2026-11-23T10:00:00.0123456789Z' }, null],
    ['seconds since 1970', 'updatedAt', { updated_at: 1_795_450_765 }, null],
    ['a null', 'updatedAt', { updated_at: null }, null],
  ])('are carried or dropped: %s', (_name, field, incident, expected) => {
    expect(incidentOf(incident)[field]).toBe(expected);
  });
});

describe('the event type', () => {
  it.each([
    ['1 character', 'x'],
    ['256 characters', 'x'.repeat(256)],
    ['256 characters of four bytes', '💥'.repeat(256)],
    ['another version', 'public_incident.incident_updated_v3'],
    ['a name that every object has', '__proto__'],
  ])('does not matter where the incident is there: %s', (_name, event_type) => {
    expect(eventOf(bodyOf({}, { event_type })).eventType).toBe(event_type);
  });

  it.each<[string, Json, string]>([
    ['another event', { event_type: 'schedule.created_v1', 'schedule.created_v1': {} }, 'event_type'],
    [
      'a private incident',
      { event_type: 'private_incident.incident_updated_v2', 'private_incident.incident_updated_v2': { id: '01' } },
      'event_type',
    ],
    ['a key that holds null', { event_type: 'x', x: null }, 'event_type'],
    [
      'a later version',
      { event_type: 'public_incident.incident_updated_v3', 'public_incident.incident_updated_v3': {} },
      'event_version',
    ],
    ["Svix's test message", { success: true }, 'ping'],
    ['a test message with more', { success: true, more: 1 }, 'ping'],
    ['256 characters', { event_type: 'x'.repeat(256), ['x'.repeat(256)]: {} }, 'event_type'],
  ])('may be one that is not for us: %s', (_name, body, expected) => {
    expect(read(JSON.stringify(body))).toEqual(expected);
  });

  it('may be __proto__, where that is a key of the body itself', () => {
    expect(read('{"event_type":"__proto__","__proto__":{"success":true}}')).toEqual('event_type');
  });
});

describe('whatever else a body holds', () => {
  const plain = eventOf(bodyOf());
  const inIncident = (json: string) => bodyOf().replace('{"id"', `{${json},"id"`);
  it.each([
    ['unknown fields', bodyOf({ severity: { rank: 1 }, more: [1, 2] }, { more: true })],
    ['__proto__', inIncident('"__proto__":{"reference":"INC-1","incident_status":"live"}')],
    ['constructor', inIncident('"constructor":{"prototype":{"mode":"x"}}')],
    ['arrays 100,000 deep', inIncident(`"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}`)],
    ['a name of 1 MB', bodyOf({ name: 'x'.repeat(1_000_000) })],
    ['a name that forges a log line', bodyOf({ name: '\n{"severity":"INFO","message":"x"}\u001b[31m\u202e' })],
    ['numbers beyond all bounds', inIncident('"a":1e999,"b":9007199254740993,"c":-0')],
    ['the last of duplicate keys', inIncident('"id":"first"')],
  ])('is ignored: %s', (_name, text) => {
    expect(eventOf(text)).toEqual(plain);
  });

  it('is ignored: 60,000 keys', () => {
    const keys = Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`key${at}`, at]));
    expect(eventOf(bodyOf(keys))).toEqual(plain);
  });
});
