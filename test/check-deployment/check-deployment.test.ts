import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SECRET } from '../../tools/events/sign.ts';
import { toLogEntry } from '../support/log-entry.ts';
import { type DeployedSystem, startDeployedSystem } from './deployed-system.ts';
import { AGENT, type GoogleState, plannedState } from './fake-google.ts';

const VIEWER = { role: 'roles/pubsub.viewer' };
const SUBSCRIBING_STRANGER = { role: 'roles/pubsub.subscriber', members: ['user:stranger@example.com'] };
const OTHER_SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

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

  it.each<[string, (at: GoogleState) => void, string]>([
    [
      'a function that failed',
      (at) => spoil(at.functions['incident-lead'], { state: 'FAILED' }),
      'is FAILED, expected ACTIVE',
    ],
    [
      'a subscriber open to the internet',
      (at) => spoil(at.functions['incident-lead']?.serviceConfig, { ingressSettings: 'ALLOW_ALL' }),
      'ingress is ALLOW_ALL, expected ALLOW_INTERNAL_ONLY',
    ],
    [
      'a function that is not there',
      (at) => delete at.functions['incident-webhook'],
      'functions/incident-webhook (cloudfunctions.googleapis.com) does not exist',
    ],
    [
      'no version of the secret',
      (at) => spoil(at, { versions: {} }),
      'no enabled version: every event is answered 503',
    ],
    [
      'a version that is not a secret',
      (at) => spoil(at.versions, { 2: 'changeme' }),
      'that are not signing secrets (whsec_ and the base64 of 16 to 75 bytes): 2',
    ],
    [
      'no version that is a secret',
      (at) => spoil(at, { versions: { 1: 'changeme' } }),
      'no enabled version of INCIDENT_WEBHOOK_SECRET is a signing secret (1)',
    ],
    [
      'a newer version that the function does not have',
      (at) => spoil(at.versions, { 2: OTHER_SECRET }),
      'signed with version 2 was answered 401, expected 204',
    ],
    [
      'another push address',
      (at) => spoil(push(at), { pushEndpoint: 'https://elsewhere' }),
      'push address: https://elsewhere, expected https://incident-lead-abc-ew.a.run.app',
    ],
    [
      'another audience',
      (at) => spoil(push(at)?.oidcToken, { audience: 'https://elsewhere' }),
      'audience: https://elsewhere, expected',
    ],
    [
      'another push account',
      (at) => spoil(push(at)?.oidcToken, { serviceAccountEmail: 'x@y' }),
      'push account: x@y, expected incident-lead-push@p.iam.gserviceaccount.com',
    ],
    ['a push without a token', (at) => delete push(at)?.oidcToken, 'audience: none, expected'],
    [
      'a subscription that expires',
      (at) => spoil(at.subscriptions['incident-lead'], { expirationPolicy: { ttl: '2678400s' } }),
      'time to live: 2678400s, expected none',
    ],
    [
      'an ack deadline within the function',
      (at) => spoil(at.subscriptions['incident-lead'], { ackDeadlineSeconds: 60 }),
      "ack deadline of 60 s is not above the function's 60 s",
    ],
    [
      'no dead letter',
      (at) => spoil(at.subscriptions['incident-lead'], { deadLetterPolicy: {} }),
      'dead-letter topic: none, expected',
    ],
    [
      'an agent that may not forward',
      (at) => delete at.policies['topics/incident-lead-dead-letter'],
      'publisher role of the Pub/Sub agent: false, expected true',
    ],
    [
      'an agent that may only look',
      (at) => spoil(at.policies, { 'subscriptions/incident-lead': { bindings: [{ ...VIEWER, members: [AGENT] }] } }),
      'subscriber role of the Pub/Sub agent: false, expected true',
    ],
    [
      'a stranger in place of the agent',
      (at) => spoil(at.policies, { 'subscriptions/incident-lead': { bindings: [SUBSCRIBING_STRANGER] } }),
      'subscriber role of the Pub/Sub agent: false, expected true',
    ],
    [
      'an agent that may not acknowledge',
      (at) => delete at.policies['subscriptions/incident-lead'],
      'subscriber role of the Pub/Sub agent: false, expected true',
    ],
    [
      'lines that are lost',
      (at) => spoil(at, { ingest: () => undefined }),
      'webhook_ignored did not find the line of msg_',
    ],
    [
      'lines that are text',
      (at) => spoil(at, { ingest: asText }),
      'lines of incident-webhook are not fields: no filter finds them',
    ],
    [
      'what these credentials may not read',
      (at) => spoil(at, { refused: { 'monitoring.googleapis.com': 403 } }),
      'not allowed to read projects/p/timeSeries (monitoring.googleapis.com)',
    ],
  ])('finds %s', async (_, change, expected) => {
    change(system.state);
    // Long for lines that appear, short where none will.
    const wait = system.state.ingest === toLogEntry ? '10' : '1';
    const { code, stdout } = await system.run('--wait', wait);
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
    system.state.deadLetters = 3;
    system.state.versions = Object.fromEntries(Array.from({ length: 14 }, (_, at) => [at + 1, SECRET]));
    const { code, stdout } = await system.run();
    expect(stdout).toContain('3 wait on incident-lead-dead-letter');
    expect(stdout).toContain('Disable those no longer used: 2, 1');
    expect(stdout).toContain('2 to look at, 0 failed');
    expect(code).toBe(0);
  });

  it('says that there is no figure yet', async () => {
    system.state.deadLetters = undefined;
    expect(await system.run()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('no figure of incident-lead-dead-letter'),
    });
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

function spoil(target: object | undefined, change: object): void {
  if (target === undefined) throw new Error('nothing to spoil');
  Object.assign(target, change);
}

function push(at: GoogleState) {
  return at.subscriptions['incident-lead']?.['pushConfig'] as { oidcToken?: object } | undefined;
}

function asText(line: string, service: string): object {
  return { resource: { type: 'cloud_run_revision', labels: { service_name: service } }, textPayload: line };
}
