import { createServer } from 'node:http';
import { listenOn } from '../../tools/services/listen-on.ts';
import { openPage, type PageFixture } from './open-page.ts';
import { CUT_CHOICES, LOW_CONTRAST } from './page-checks.ts';
import { run } from './started-system.ts';

const SEND = { name: 'Sign and send' };

describe('the page of the local system', () => {
  let fixture: PageFixture;
  const open: PageFixture['open'] = (...args) => fixture.open(...args);

  beforeAll(async () => {
    fixture = await openPage(['--demo-subscriber']);
    const { folder, system } = fixture;
    await Promise.all([
      run('send', ['--folder', folder.local]),
      run('send', ['--folder', folder.local, '--fault', 'stale']),
      run('send', ['--folder', folder.local, '--lead', 'unknown']),
    ]);
    await Promise.all([system.says('decided    ▶'), system.says('verified   ✗'), system.says('decided    !')]);
  }, 120_000);

  afterEach(() => fixture.closePages());
  afterAll(() => fixture?.[Symbol.asyncDispose]());

  it('sends an event and shows its hops, with the keyboard alone', async () => {
    const { page, complaints } = await open();
    await page.getByText('Live', { exact: true }).waitFor();
    const focused = () => page.evaluate('document.activeElement.name || document.activeElement.textContent.trim()');
    const order: unknown[] = [];
    for (let tabs = 0; tabs < 10; tabs += 1) {
      await page.keyboard.press('Tab');
      order.push(await focused());
      if (order.at(-1) === 'lead') await page.keyboard.type('without-role');
    }
    const fields = ['event', 'status', 'lead', 'fault', 'slackId', 'incident', 'webhookId'];
    expect(order).toEqual(['Skip to the events', 'API reference', ...fields, 'Sign and send']);
    await page.keyboard.press('Enter');
    // The page may show earlier events already, and this one a moment later.
    const article = page.locator('article', { hasText: 'ada@example.com' });
    const line = article.locator('li.alert');
    await line.waitFor();
    expect(await line.textContent()).toContain('attention: ada@example.com is now incident lead for incident id:');
    const hops = await article.locator('.hop').allTextContents();
    expect(hops.slice(0, 3)).toEqual(['received', 'verified', 'published']);
    // The answers of the subscribers and the log line come from several processes, in any order.
    expect([...new Set(hops.slice(3))].sort()).toEqual(['decided', 'delivered']);
    expect(await page.locator('#answer').textContent()).toMatch(/^204 for msg_.*Accepted/);
    expect(await focused()).toBe('Sign and send');
    expect(complaints).toEqual([]);
  });

  it('shows where a broken event stops, and why', async () => {
    const { page, complaints } = await open();
    await page.getByLabel('Fault').selectOption('bad-signature');
    await page.getByRole('button', SEND).click();
    const stop = page.locator('article').first().locator('li.stopped');
    await stop.waitFor();
    expect(await stop.textContent()).toMatch(/verified.*stopped: 401 .*No signature fits the body and the secret/);
    expect(complaints).toEqual([]);
  });

  it('says while it sends that it does, and keeps the focus', async () => {
    const { page } = await open();
    const [button, answer] = [page.getByRole('button', SEND), page.locator('#answer')];
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
    ['not-utf8', 'The body is not UTF-8 text'],
  ])('says of %s why it was answered with 401, and nothing that does not fit', async (fault, why) => {
    const { page } = await open();
    await page.getByLabel('Fault').selectOption(fault);
    await page.getByRole('button', SEND).click();
    await page.locator('#answer').getByText('401 for').waitFor();
    const paragraphs = await page.locator('#answer p').allTextContents();
    expect(paragraphs[1]?.startsWith(why)).toBe(true);
    expect(paragraphs[1]).not.toContain('Compare the secret first');
  });

  it('offers status and lead for the incident update alone', async () => {
    const { page } = await open();
    await page.getByLabel('Event type').selectOption('svix.ping');
    expect(await page.locator('[name=status]').isDisabled()).toBe(true);
    await page.getByRole('button', SEND).click();
    await page.locator('li.ended').getByText('Test message of Svix; nothing to publish.').waitFor();
  });

  it('takes the first click after Tab has shown the skip link', async () => {
    const { page } = await open();
    const button = page.getByRole('button', SEND);
    const { x = 0, y = 0, width = 0 } = (await button.boundingBox()) ?? {};
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    // At the upper edge: a page that moves under the pointer would lose it.
    await page.mouse.click(x + width / 2, y + 3);
    await page.locator('#answer').getByText('Accepted').waitFor();
  });

  it("sends under ids of one's own", async () => {
    const { page } = await open();
    await page.getByLabel("Lead's Slack id").fill('U01LEAD');
    await page.getByRole('textbox', { name: 'Incident id' }).fill('01MINE');
    await page.getByLabel('Webhook id').fill('msg_mine');
    await page.getByRole('button', SEND).click();
    await page.locator('#answer').getByText('204 for msg_mine').waitFor();
    const article = page.locator('article', { has: page.getByRole('heading', { name: 'msg_mine' }) });
    await article.getByText('ada@example.com is now incident lead for incident id: 01MINE').last().waitFor();
    await page.getByRole('link', { name: 'Show its hops' }).click();
    expect(new URL(page.url()).hash).toBe('#msg_mine');
  });

  it('offers nothing that a fault would replace', async () => {
    const { page } = await open();
    const enabled = async (fault: string) => {
      await page.locator('[name=fault]').selectOption(fault);
      return page.evaluate(
        `[...document.querySelector('form').elements].filter((e) => !e.disabled && e.name).map((e) => e.name)`,
      );
    };
    expect(await enabled('bad-schema')).toEqual(['status', 'lead', 'fault', 'slackId', 'webhookId']);
    expect(await enabled('gzip-bomb')).toEqual(['fault', 'webhookId']);
    expect(await enabled('stale')).toHaveLength(7);
    const refused = await fixture.send({ fault: 'bad-schema', event: 'svix.ping' });
    expect(refused).toMatchObject({ title: 'Not sent', meaning: expect.stringContaining('cannot be combined') });
  });

  it.each([380, 1200])('fits %d px, with everything on it', async (width) => {
    const { page } = await open('', { viewport: { width, height: 800 } });
    await page.locator('li.alert').first().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const cut = `[...document.querySelectorAll('.time, .hop, h3, button')].filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0).map((e) => e.textContent)`;
    expect(await page.evaluate(cut)).toEqual([]);
    expect(await page.evaluate(CUT_CHOICES)).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('has enough contrast in %s colours', async (colorScheme) => {
    const { page } = await open('', { colorScheme });
    await page.locator('article').nth(2).waitFor();
    // Once closed and once open: each shows other texts.
    const collapse = page.getByRole('button', { name: 'Collapse all' });
    await collapse.click();
    expect(await page.evaluate(LOW_CONTRAST)).toEqual([]);
    await collapse.click();
    await page.locator('li.alert').first().waitFor();
    await page.locator('li.stopped').first().waitFor();
    await page.locator('li.warning').first().waitFor();
    expect(await page.evaluate(LOW_CONTRAST)).toEqual([]);
  });

  it('serves the API reference', async () => {
    const { page, complaints } = await open('docs/');
    // What is further down is rendered when it is scrolled to.
    await page.getByRole('heading', { name: 'Sign a request' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('accepts nothing from a page of another origin', async () => {
    const other = createServer((_, res) => res.setHeader('content-type', 'text/html').end('<title>Other</title>'));
    const page = await fixture.browser.newPage();
    await page.goto(`http://127.0.0.1:${await listenOn(other.unref())}/`);
    const received = () => fixture.system.stdout().match(/ received /g)?.length ?? 0;
    const before = received();
    const answers = await page.evaluate(`(async () => {
      const attempt = (options) =>
        fetch('${fixture.url}send', { method: 'POST', body: '{}', ...options }).then(({ type }) => type, () => 'blocked');
      return [
        await attempt({ mode: 'no-cors', headers: { 'content-type': 'text/plain' } }),
        await attempt({ headers: { 'content-type': 'application/json' } }),
      ];
    })()`);
    // The first one reaches the server all the same; a browser only keeps its answer from the other page.
    expect(answers).toEqual(['blocked', 'blocked']);
    // What was sent would be told by the time that something sent after it is.
    await run('send', ['--folder', fixture.folder.local, '--incident', 'AFTER']);
    await fixture.system.says('incident id: AFTER');
    expect(received()).toBe(before + 1);
  });
});
