import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SECRET } from '../../tools/events/sign.ts';
import { type DeployedSystem, startDeployedSystem } from './deployed-system.ts';
import { AGENT, deadLetters, type Json, plannedState, policy, versions } from './fake-google.ts';

const OTHER_SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const NO_SUBSCRIBER = 'subscriber role of the Pub/Sub agent: false, expected true';

const ELSEWHERE = 'https://elsewhere';

const lead = (changes: Json): Json => ({ 'functions/incident-lead': changes });
const subscription = (changes: Json): Json => ({ 'subscriptions/incident-lead': changes });
const push = (pushConfig: Json): Json => subscription({ pushConfig });
const roles = (changes: Json): Json => ({ 'subscriptions/incident-lead:getIamPolicy': changes });

let system: DeployedSystem;
beforeAll(async () => {
  system = await startDeployedSystem();
}, 60_000);
afterAll(() => system?.stop());
beforeEach(() => system.reset());

describe('check-deployment', () => {
  it('finds a deployment right that is as planned', async () => {
    const { code, stdout } = await system.run();
    expect(stdout.split('\n').filter((line) => /^[✗!-]/.test(line))).toEqual([]);
    expect(stdout).toContain('13 passed, 0 to look at, 0 failed, 0 not checked.');
    expect(code).toBe(0);
    expect(system.google.published).toEqual([]);
  });

  it.each<[what: string, changes: Json, expected: string]>([
    ['a function that failed', lead({ state: 'FAILED' }), 'is FAILED, expected ACTIVE'],
    [
      'a subscriber open to the internet',
      lead({ serviceConfig: { ingressSettings: 'ALLOW_ALL' } }),
      'ingress is ALLOW_ALL, expected ALLOW_INTERNAL_ONLY',
    ],
    [
      'a function that is not there',
      { 'functions/incident-webhook': undefined },
      'functions/incident-webhook (cloudfunctions.googleapis.com) does not exist',
    ],
    ['no version of the secret', versions(), 'no enabled version: every event is answered 503'],
    ['a version that is not a secret', versions(SECRET, 'changeme'), 'the base64 of 16 to 75 bytes): 2'],
    ['no version that is a secret', versions('changeme'), 'version of INCIDENT_WEBHOOK_SECRET is a signing secret (1)'],
    ['a newer version that the function lacks', versions(SECRET, OTHER_SECRET), 'with version 2 was answered 401'],
    [
      'another push address',
      push({ pushEndpoint: ELSEWHERE }),
      'push address: https://elsewhere, expected https://inc',
    ],
    [
      'another audience',
      push({ oidcToken: { audience: ELSEWHERE } }),
      'audience: https://elsewhere, expected https://inc',
    ],
    [
      'another push account',
      push({ oidcToken: { serviceAccountEmail: 'x@y' } }),
      'push account: x@y, expected incident',
    ],
    ['a push without a token', push({ oidcToken: undefined }), 'audience: none, expected https://incident-lead'],
    [
      'a subscription that expires',
      subscription({ expirationPolicy: { ttl: '9s' } }),
      'time to live: 9s, expected none',
    ],
    ['an ack deadline within the function', subscription({ ackDeadlineSeconds: 60 }), '60 s is not above the function'],
    ['no dead letter', subscription({ deadLetterPolicy: undefined }), 'dead-letter topic: none, expected projects/p/'],
    [
      'an agent that may not forward',
      { 'topics/incident-lead-dead-letter:getIamPolicy': { bindings: undefined } },
      'publisher role of the Pub/Sub agent: false, expected true',
    ],
    ['an agent that may only look', roles(policy('viewer', AGENT)), NO_SUBSCRIBER],
    ['a stranger in place of the agent', roles(policy('subscriber', 'user:stranger@example.com')), NO_SUBSCRIBER],
    ['an agent that may not acknowledge', roles({ bindings: undefined }), NO_SUBSCRIBER],
    [
      'what may not be read',
      { timeSeries: 403 },
      'not allowed to read projects/p/timeSeries (monitoring.googleapis.com)',
    ],
  ])('finds %s', async (_, changes, expected) => {
    change(system.state.answers, changes);
    const { code, stdout } = await system.run();
    expect(stdout).toContain(expected);
    expect(code).toBe(1);
  });

  it.each<[what: string, ingest: (line: string, service: string) => object | undefined, expected: string]>([
    ['lost', () => undefined, 'webhook_ignored did not find the line of msg_'],
    ['text', asText, 'lines of incident-webhook are not fields: no filter finds them'],
  ])('finds lines that are %s', async (_, ingest, expected) => {
    system.state.ingest = ingest;
    const { code, stdout } = await system.run('--wait', '1');
    expect(stdout).toContain(expected);
    expect(code).toBe(1);
  });

  it('finds a webhook that lets a forger in', async () => {
    const open = createServer((_, response) => response.writeHead(204).end());
    await once(open.listen(0, '127.0.0.1'), 'listening');
    system.state = plannedState(`http://127.0.0.1:${(open.address() as AddressInfo).port}`);
    const { code, stdout } = await system.run('--wait', '1');
    open.close();
    expect(stdout).toContain('a forged message was answered 204, expected 401');
    expect(stdout).toContain('Roll back at once');
    expect(code).toBe(1);
  });

  it('points at dead letters and at too many versions without failing', async () => {
    change(system.state.answers, { timeSeries: deadLetters(3), ...versions(...Array(14).fill(SECRET)) });
    const { code, stdout } = await system.run();
    expect(stdout).toContain('3 wait on incident-lead-dead-letter');
    expect(stdout).toContain('Disable those no longer used: 2, 1');
    expect(stdout).toContain('2 to look at, 0 failed');
    expect(code).toBe(0);
  });

  it('says that there is no figure yet', async () => {
    change(system.state.answers, { timeSeries: { timeSeries: undefined } });
    const { code, stdout } = await system.run();
    expect(stdout).toContain('no figure of incident-lead-dead-letter');
    expect(code).toBe(0);
  });

  it('stops at once where no API can be called', async () => {
    const { code, stdout, stderr } = await system.run('--api-url', 'http://127.0.0.1:1');
    expect(stderr).toMatch(
      /cloudfunctions\.googleapis\.com could not be called .+ gcloud auth application-default login/,
    );
    expect(stdout).not.toContain('✗');
    expect(code).toBe(1);
  });
});

/** Changes single fields; undefined takes one away. */
function change(target: Json, changes: Json): void {
  for (const [field, value] of Object.entries(changes)) {
    const old = target[field];
    if (isObject(old) && isObject(value)) change(old, value);
    else target[field] = value;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && !Array.isArray(value);
}

function asText(line: string, service: string): object {
  return { resource: { type: 'cloud_run_revision', labels: { service_name: service } }, textPayload: line };
}
