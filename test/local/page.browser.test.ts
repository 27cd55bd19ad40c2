import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { LOW_CONTRAST } from './contrast.ts';
import { makeFolder, run, StartedSystem } from './started-system.ts';

describe('the page of the local system', () => {
  const folder = makeFolder();
  let system: StartedSystem;
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    browser = await launchChromium();
    system = new StartedSystem(folder, ['--demo-subscriber']);
    await system.says('Ctrl-C stops it all.');
    url = system.address('watch and send');
    await Promise.all([
      run('send', ['--folder', folder.local]),
      run('send', ['--folder', folder.local, '--fault', 'stale']),
      run('send', ['--folder', folder.local, '--lead', 'unknown']),
    ]);
    await Promise.all([system.says('decided    ▶'), system.says('verified   ✗'), system.says('decided    !')]);
  });

  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });

  afterAll(async () => {
    await browser?.close();
    await system?.[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  /** Opens the page, and notes what a clean page does not have: console errors, and requests to anywhere else. */
  async function open(
    path = '',
    options: Parameters<Browser['newPage']>[0] = {},
  ): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage(options);
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) complaints.push(request.url());
    });
    await page.goto(new URL(path, url).href);
    return { page, complaints };
  }

  it('sends an event and shows its way, with the keyboard alone', async () => {
    const { page, complaints } = await open();
    await page.getByText('Live', { exact: true }).waitFor();
    const focused = () => page.evaluate('document.activeElement.name || document.activeElement.textContent.trim()');
    const order: unknown[] = [];
    for (let tabs = 0; tabs < 7; tabs += 1) {
      await page.keyboard.press('Tab');
      order.push(await focused());
      if (order.at(-1) === 'lead') await page.keyboard.type('without-role');
    }
    expect(order).toEqual(['Skip to the events', 'API reference', 'event', 'status', 'lead', 'fault', 'Sign and send']);
    await page.keyboard.press('Enter');
    // The page may show earlier events already, and this one a moment later.
    const article = page.locator('article', { hasText: 'ada@example.com' });
    const line = article.locator('li.alert');
    await line.waitFor();
    expect(await line.textContent()).toContain('attention: ada@example.com is now incident lead for incident id:');
    const stages = await article.locator('.hop').allTextContents();
    expect(stages.slice(0, 3)).toEqual(['received', 'verified', 'published']);
    expect(stages.at(-1)).toBe('decided');
    expect(await page.locator('#answer').textContent()).toMatch(/^204 for msg_.*Accepted/);
    expect(await focused()).toBe('Sign and send');
    expect(complaints).toEqual([]);
  });

  it('shows where a broken event stops, and why', async () => {
    const { page, complaints } = await open();
    await page.getByLabel('Fault').selectOption('bad-signature');
    await page.getByRole('button').click();
    const stop = page.locator('article').first().locator('li.stopped');
    await stop.waitFor();
    expect(await stop.textContent()).toMatch(/verified.*stopped: 401 .*No signature fits the body and the secret/);
    expect(complaints).toEqual([]);
  });

  it('says while it sends that it does, and keeps the focus', async () => {
    const { page } = await open();
    const [button, answer] = [page.getByRole('button'), page.locator('#answer')];
    await button.click();
    await answer.getByText('Accepted').waitFor();
    await page.getByLabel('Fault').selectOption('slow');
    await button.focus();
    await page.keyboard.press('Enter');
    await answer.getByText('Sending ...', { exact: true }).waitFor();
    expect(await answer.textContent()).toBe('Sending ...');
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    expect(await page.evaluate(LOW_CONTRAST)).toEqual([]);
    await answer.getByText('408 for').waitFor();
    expect(await button.getAttribute('aria-disabled')).toBe('false');
    expect(await page.evaluate('document.activeElement.textContent.trim()')).toBe('Sign and send');
  });

  it.each([
    ['bad-signature', 'No signature fits the body and the secret.'],
    ['stale', 'The signature is over 300 s old, or from the future.'],
    ['missing-header', 'One of webhook-id, webhook-timestamp and webhook-signature is missing.'],
    ['not-utf8', 'The body is no UTF-8 text'],
  ])('says of %s why it was answered with 401, and nothing that does not fit', async (fault, why) => {
    const { page } = await open();
    await page.getByLabel('Fault').selectOption(fault);
    await page.getByRole('button').click();
    await page.locator('#answer').getByText('401 for').waitFor();
    const paragraphs = await page.locator('#answer p').allTextContents();
    expect(paragraphs[1]?.startsWith(why)).toBe(true);
    expect(paragraphs[1]).not.toContain('Compare the secret first');
  });

  it('offers status and lead for the incident update alone', async () => {
    const { page } = await open();
    await page.getByLabel('Event type').selectOption('svix.ping');
    expect(await page.locator('[name=status]').isDisabled()).toBe(true);
    await page.getByRole('button').click();
    await page.getByText('Test message of Svix; nothing to publish.').waitFor();
  });

  it.each([380, 1200])('fits %d px, with everything on it', async (width) => {
    const { page } = await open('', { viewport: { width, height: 800 } });
    await page.locator('li.alert').first().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const cut = `[...document.querySelectorAll('time, .hop, h3, button')].filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0).map((e) => e.textContent)`;
    expect(await page.evaluate(cut)).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('has enough contrast in %s colours', async (colorScheme) => {
    const { page } = await open('', { colorScheme });
    await page.locator('li.alert').first().waitFor();
    await page.locator('li.stopped').first().waitFor();
    await page.locator('li.warning').first().waitFor();
    expect(await page.evaluate(LOW_CONTRAST)).toEqual([]);
  });

  it('serves the API reference', async () => {
    const { page, complaints } = await open('docs/');
    await page.getByRole('heading', { name: 'Receive an incident.io webhook' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('takes nothing from a page of another origin', async () => {
    const other = createServer((_, res) => res.setHeader('content-type', 'text/html').end('<title>Other</title>'));
    other.unref().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    const received = () => system.stdout().match(/ received /g)?.length ?? 0;
    const before = received();
    const answers = await page.evaluate(`(async () => {
      const attempt = (options) =>
        fetch('${url}send', { method: 'POST', body: '{}', ...options }).then(({ type }) => type, () => 'blocked');
      return [
        await attempt({ mode: 'no-cors', headers: { 'content-type': 'text/plain' } }),
        await attempt({ headers: { 'content-type': 'application/json' } }),
      ];
    })()`);
    // The first one reaches the server all the same; a browser only keeps its answer from the other page.
    expect(answers).toEqual(['blocked', 'blocked']);
    // What was sent would be told by the time that something sent after it is.
    await run('send', ['--folder', folder.local, '--incident', 'AFTER']);
    await system.says('incident id: AFTER');
    expect(received()).toBe(before + 1);
  });
});
