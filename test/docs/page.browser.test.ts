import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { renderDocs } from '../../tools/docs/docs.ts';
import { launchChromium } from '../support/chromium.ts';

let folder: string;
let file: string;
let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
  folder = await mkdtemp(join(tmpdir(), 'docs-page-'));
  file = await renderDocs(join(folder, 'index.html'));
});

afterAll(async () => {
  await browser?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

it('shows the operation, its statuses and its examples, without a network', async () => {
  const { page, complaints } = await open(1400);
  await page.getByRole('heading', { name: 'Receive an incident.io webhook' }).waitFor();
  // The samples come first; the payload is one of them.
  await page.getByText('--data-binary "$BODY"').waitFor();
  await page.getByText('curl', { exact: true }).first().click();
  await page.getByText('Node.js', { exact: true }).waitFor();
  await page.getByText('Payload', { exact: true }).click();
  const texts = [
    '/webhooks/incident/lead',
    'webhook-signature',
    '"slack_user_id"',
    '"U02AYNF2XJM"',
    'incident_id (old form)',
  ];
  const statuses = ['204', '400', '401', '404', '405', '408', '413', '415', '422', '500', '503'];
  for (const text of [...texts, ...statuses]) await page.getByText(text, { exact: true }).first().waitFor();
  // Only the first status is open; the others are a click away.
  await page.getByText('503', { exact: true }).last().click();
  await page.getByText('"title": "The event was not accepted. Please send it again."').waitFor();
  // Longer than anything the page might still load in the background.
  await page.waitForLoadState('networkidle');
  expect(complaints).toEqual([]);
});

it('fits a phone', async () => {
  const { page, complaints } = await open(380);
  await page.getByRole('heading', { name: 'Receive an incident.io webhook' }).waitFor();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(380);
  expect(complaints).toEqual([]);
});

it('forbids the browser to load anything', async () => {
  const html = await readFile(file, 'utf8');
  // The message of a failure should not be the 2.5 MB of the page.
  expect(html.slice(0, 400)).toContain(`<meta http-equiv="Content-Security-Policy" content="default-src 'none';`);
  expect(/<(?:script|img|iframe|link)[^>]+(?:src|href)=["']?(?:https?:)?\/\/[^>]*>/i.exec(html)?.[0]).toBeUndefined();
});

/** Opens the page, and collects errors and requests to anywhere but the file itself. */
async function open(width: number): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage({ viewport: { width, height: 1000 } });
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!/^(?:file|data):/.test(request.url())) complaints.push(`requested ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href);
  // Redoc renders an operation only once it is near the view.
  await page.getByRole('heading', { name: 'Sign a request' }).waitFor();
  await page.evaluate('scrollTo(0, document.body.scrollHeight)');
  return { page, complaints };
}
