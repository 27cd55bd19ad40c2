import { join } from 'node:path';
import { jest } from '@jest/globals';
import { samplePayload } from '../../tools/events/payload.ts';
import { SECRET, sign } from '../../tools/events/sign.ts';
import { freePort } from '../../tools/services/functions/free-port.ts';
import { startFunction } from '../../tools/services/functions/function-process.ts';
import { runRedrive } from '../redrive/run-redrive.ts';
import { openPubSub, until } from './open-pubsub.ts';

jest.setTimeout(120_000);

const DIST = join(import.meta.dirname, '..', '..', 'dist');

it('publishes a webhook, pushes it while the database is down, dead-letters it, and brings it back', async () => {
  const open = await openPubSub();
  const lines: string[] = [];
  const onLine = (line: string): unknown => lines.push(line);
  const [webhookPort, leadPort] = [await freePort(), await freePort()];
  const webhook = await startFunction({
    folder: join(DIST, 'incident-webhook'),
    target: 'incidentWebhook',
    port: webhookPort,
    env: { INCIDENT_WEBHOOK_SECRET: SECRET, INCIDENT_EVENTS_TOPIC: open.topic, PUBSUB_EMULATOR_HOST: open.host },
    onLine,
  });
  const lead = await startFunction({
    folder: join(DIST, 'incident-lead'),
    target: 'incidentLead',
    port: leadPort,
    env: { DATABASE_URL: 'postgres://reader@127.0.0.1:9/alan', LOG_LEVEL: 'debug' },
    onLine,
  });
  try {
    const deadLetterTopic = await open.createTopic('dead');
    const [dead, other] = [await open.subscribe('dead', { topic: deadLetterTopic }), await open.subscribe('other')];
    const subscription = await open.subscribe('incident-lead', {
      pushConfig: { pushEndpoint: lead.url },
      deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: 5 },
    });

    const body = samplePayload({ lead: 'U01LEAD' });
    const url = `${webhook.url}/webhooks/incident/lead`;
    const { status } = await fetch(url, { method: 'POST', body, headers: sign(body, { id: 'msg_1' }) });
    expect(status).toBe(204);
    const [published] = await open.drain(other, 1);
    expect(published?.attributes).toMatchObject({ webhookId: 'msg_1', schemaVersion: '1' });
    expect(JSON.parse(published?.data ?? '')).toMatchObject({ leads: [{ slackUserId: 'U01LEAD' }] });

    await until('a dead letter', async () => (await open.pull(dead)).length > 0);
    const outcomes = lines.filter((line) => line.includes('"outcome":"database_unavailable"'));
    expect(outcomes).toHaveLength(5);

    await open.subscriber.deleteSubscription({ subscription });
    const run = await runRedrive(open, { project: open.projectId, idle: undefined });
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('1 moved, 0 failed.\n') });
    const [again] = await open.drain(other, 1);
    expect([again?.data, again?.attributes]).toEqual([published?.data, published?.attributes]);
  } finally {
    await Promise.all([webhook.stop(), lead.stop()]);
    await open.close();
  }
});
