import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'yaml';
import { readIncident } from '../../functions/incident-webhook/incident.ts';
import { OUTCOMES, Refusal, type RefusalReason, refused } from '../../functions/incident-webhook/outcomes.ts';
import { PATH } from '../../functions/incident-webhook/route.ts';
import { answerWith } from '../../shared/answer.ts';
import { DESCRIPTION, redocly } from '../../tools/docs/docs.ts';
import { blocks } from './markdown.ts';

interface Response {
  readonly headers?: Readonly<Record<string, { readonly example: string }>>;
  readonly content?: {
    readonly 'application/problem+json': { readonly examples: Readonly<Record<string, { readonly value: object }>> };
  };
}

const { info, paths, components } = parse(await readFile(DESCRIPTION, 'utf8'));
const operation = paths[PATH].post;
const responses: Readonly<Record<string, Response>> = operation.responses;
const example = operation.requestBody.content['application/json'].examples.leadAssigned.value;
const reasons = Object.entries(OUTCOMES).flatMap(([reason, { status }]) =>
  status >= 400 ? [reason as RefusalReason] : [],
);
/** Headers of every answer of Node, or of every answer with a body. */
const USUAL = ['connection', 'content-length', 'content-type', 'date', 'keep-alive'];

it('passes the linter, which does not use the network', async () => {
  const guard =
    'import net from "node:net"; net.Socket.prototype.connect = () => { throw new Error("a connection"); };';
  const printed = await redocly(['lint', DESCRIPTION], [`--import=data:text/javascript,${encodeURIComponent(guard)}`]);
  expect(printed).toContain('Your API description is valid.');
  expect(printed).not.toContain('warning');
});

it('describes exactly the paths, methods and statuses that there are', () => {
  expect(Object.keys(paths)).toEqual([PATH]);
  expect(Object.keys(paths[PATH])).toEqual(['post']);
  const statuses = new Set(['204', ...reasons.map((reason) => String(OUTCOMES[reason].status))]);
  expect(Object.keys(responses)).toEqual([...statuses].sort());
});

it('takes the payload from the schema that the function uses', () => {
  expect(operation.requestBody.content['application/json'].schema).toEqual({ $ref: 'incident-webhook.schema.json' });
  expect(readIncident(JSON.stringify(example), { webhookId: 'msg_1', receivedAt: new Date(0) })).toMatchObject({
    leads: [{ incidentIoUserId: '01FCNDV6P870EA6S7TK1DSYDG0', slackUserId: 'U02AYNF2XJM' }],
  });
});

it('asks for all three headers of one family', () => {
  const names = operation.security.map((schemes: object) =>
    Object.keys(schemes).map((scheme) => components.securitySchemes[scheme].name),
  );
  expect(names).toEqual([
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
    ['svix-id', 'svix-timestamp', 'svix-signature'],
  ]);
});

it.each([
  ['sh', '/bin/sh', ['-c']],
  ['ts', process.execPath, ['--input-type=module-typescript', '--eval']],
] as const)('shows how to sign, in %s, with the published vector as the result', (language, command, options) => {
  const [code = ''] = blocks(info.description, language);
  const printed = execFileSync(command, [...options, code], { encoding: 'utf8' });
  expect(printed).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\n');
  expect(info.description).toContain(`\`${printed.trim()}\``);
});

it.each(reasons)('shows the answer to a request refused for %s as it is sent', async (reason) => {
  const { status, headers, body } = await answerTo(reason === 'schema' ? schemaRefusal() : new Refusal(reason));
  const described = responses[status];
  const examples = Object.values(described?.content?.['application/problem+json'].examples ?? {}).map(
    ({ value }) => value,
  );
  expect(examples).toContainEqual(body);
  const own = Object.entries(headers).filter(([name]) => !USUAL.includes(name));
  const shown = Object.entries(described?.headers ?? {}).map(([name, header]) => [name.toLowerCase(), header.example]);
  expect(own).toEqual(shown);
  expect(headers['content-type']).toBe('application/problem+json');
});

it('shows no example that is never sent', () => {
  const named = Object.values(responses).flatMap(({ content }) =>
    Object.keys(content?.['application/problem+json'].examples ?? {}),
  );
  expect(reasons).toEqual(expect.arrayContaining(named));
  const distinct = new Set(reasons.map((reason) => OUTCOMES[reason].title));
  expect(named).toHaveLength(distinct.size);
});

/** What the responder sends, over a real socket. */
async function answerTo(refusal: Refusal): Promise<{ status: number; headers: Record<string, string>; body: unknown }> {
  const handler = async () => refused(refusal, {});
  const server = createServer(answerWith(handler, () => {})).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { method: 'POST' });
  const body: unknown = await answer.json();
  server.close();
  server.closeAllConnections();
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body };
}

/** The refusal of the example payload without its id and with a number as Slack id. */
function schemaRefusal(): Refusal {
  const body = structuredClone(example);
  delete body['public_incident.incident_updated_v2'].id;
  body['public_incident.incident_updated_v2'].incident_role_assignments[0].assignee.slack_user_id = 5;
  try {
    readIncident(JSON.stringify(body), { webhookId: 'msg_1', receivedAt: new Date(0) });
  } catch (error) {
    if (error instanceof Refusal) return error;
  }
  throw new Error('expected the body to be refused');
}
