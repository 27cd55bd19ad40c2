import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { incidentEvent, pushBody } from '../../tools/events/push.ts';
import { accepts } from '../../tools/services/functions/function-process.ts';
import { type LeadProcess, startLead } from '../support/lead-process.ts';

const started: LeadProcess[] = [];

async function start(env: Record<string, string>): Promise<LeadProcess> {
  const lead = await startLead(env);
  started.push(lead);
  return lead;
}

afterAll(() => Promise.all(started.map((lead) => lead.stop())));

describe('a function whose configuration is wrong', () => {
  it('names everything at once, never a value, and answers 503 to every request', async () => {
    const lead = await start({
      DATABASE_URL: 'mysql://u:hunter2@db/alan',
      CLOUD_SQL_INSTANCE: 'hunter2',
      DB_POOL_MAX: 'hunter2',
      LOG_LEVEL: 'hunter2',
    });
    const skipped = await lead.send(pushBody(incidentEvent({ status: 'live' })));
    const invalid = await lead.send('{');
    const get = await lead.send(undefined, { method: 'GET' });
    expect([skipped.status, invalid.status, get.status]).toEqual([503, 503, 503]);
    const [first, ...requests] = lead.lines;
    expect(first).toMatchObject({
      severity: 'ERROR',
      message:
        'configuration: DATABASE_URL must not be set beside CLOUD_SQL_INSTANCE; DATABASE_URL must be a URL as libpq takes it: postgres://user:password@host:port/database; DB_POOL_MAX must be a whole number from 1 to 999; LOG_LEVEL must be one of debug, info, warn, error',
      metadata: { outcome: 'database_unavailable', reason: 'configuration' },
    });
    for (const line of requests) {
      expect(line).toMatchObject({
        severity: 'ERROR',
        metadata: { outcome: 'database_unavailable', reason: 'configuration', status: 503 },
      });
    }
    expect(JSON.stringify(lead.lines)).not.toContain('hunter2');
    expect(lead.errors).toEqual([]);
  });
});

describe('SIGTERM', () => {
  it('lets a request in flight finish, takes no new one, and ends with 0', async () => {
    const lead = await start({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' });
    const body = pushBody(incidentEvent({ status: 'live' }));
    const port = Number(new URL(lead.url).port);
    const sockets = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const socket = connect(port, '127.0.0.1');
        await once(socket, 'connect');
        socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 50)}`);
        return socket;
      }),
    );
    // Answered after the three began, so they are in flight.
    await lead.send(pushBody(incidentEvent({ status: 'live' })));
    process.kill(lead.pid, 'SIGTERM');
    while (await accepts(port)) await sleep(10);
    const answers = sockets.map(async (socket) => {
      const answer = once(socket, 'data') as Promise<[Buffer]>;
      socket.write(body.slice(50));
      return (await answer)[0].toString().split('\r\n')[0];
    });
    expect(await Promise.all(answers)).toEqual(Array(3).fill('HTTP/1.1 204 No Content'));
    expect(await lead.exited).toBe(0);
    expect(lead.errors).toEqual([]);
  });
});

it('SIGTERM does not reset connections that were just made', async () => {
  const lead = await start({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' });
  const body = pushBody(incidentEvent({ status: 'live' }));
  await lead.send(body);
  const sockets = Array.from({ length: 20 }, () => connect(Number(new URL(lead.url).port), '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  process.kill(lead.pid, 'SIGTERM');
  await sleep(20);
  const answers = sockets.map(async (socket) => {
    const answer = once(socket, 'data') as Promise<[Buffer]>;
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    return (await answer)[0].toString().split('\r\n')[0];
  });
  expect(await Promise.all(answers)).toEqual(Array(20).fill('HTTP/1.1 204 No Content'));
  expect(await lead.exited).toBe(0);
});
