import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXAMPLES, eventTypes, samplePayload } from '../../tools/events/payload.ts';
import { type BodyOptions, requestBody } from '../../tools/events/signed-request.ts';

it('exist for every other event type, byte for byte', () => {
  const others = eventTypes().filter((type) => !/^(svix\.ping|public_incident\.incident_updated.*)$/.test(type));
  expect(others.length).toBeGreaterThan(10);
  for (const event of others) {
    expect(samplePayload({ event })).toBe(readFileSync(join(EXAMPLES, `${event}.json`), 'utf8'));
  }
});

it('differ from a sample by the one field that is wrong', () => {
  const body = JSON.parse(requestBody({ fault: 'bad-schema', status: 'live' }).toString());
  const sample = JSON.parse(samplePayload({ status: 'live' }));
  sample['public_incident.incident_updated_v2'].id = 42;
  expect(body).toEqual(sample);
});

it.each<[options: BodyOptions, message: string]>([
  [{ lead: 'who?' }, '"who?" is neither a Slack id, such as U01LEAD, nor one of: without-role'],
  [{ event: 'x' }, 'no example of the event type "x". There are:\n  private_alert'],
  [{ event: 'svix.ping', status: 'live' }, '--status changes public_incident.incident_updated_v2 only'],
  [{ file: 'nothing.json' }, '--file nothing.json cannot be read (ENOENT)'],
  [{ file: '/tmp' }, '--file /tmp cannot be read (EISDIR): give the path of a file'],
  [{ fault: 'bad-schema', event: 'svix.ping' }, '--fault bad-schema replaces what --event chooses, so they cannot'],
  [{ fault: 'bad-schema', file: 'body.json' }, '--fault bad-schema replaces what --file chooses, so they cannot'],
  [{ fault: 'bad-schema', incident: '01I' }, '--fault bad-schema replaces what --incident chooses, so they cannot'],
  [{ fault: 'gzip-bomb', status: 'live' }, '--fault gzip-bomb replaces what --status chooses, so they cannot'],
  [{ fault: 'gzip-bomb', oldForm: true }, '--fault gzip-bomb replaces what --old-form chooses, so they cannot'],
])('are not made of %j', (options, message) => {
  expect(() => requestBody(options)).toThrow(message);
});
