import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { openPage, type PageFixture } from './open-page.ts';
import { LOW_CONTRAST } from './page-checks.ts';

describe('the events on the page', () => {
  let fixture: PageFixture;

  beforeAll(async () => {
    fixture = await openPage(['--demo-subscriber', 'attributes.incidentStatus = "closed"']);
    await fixture.send({ webhookId: 'msg_first', incident: '01FIRST', status: 'closed' });
    await fixture.send({ webhookId: 'msg_second', fault: 'stale' });
    await fixture.send({ webhookId: 'msg_third', lead: 'with-role' });
    await fixture.system.says('The incident lead holds the role');
  }, 120_000);

  afterEach(() => fixture.closePages());
  afterAll(() => fixture?.[Symbol.asyncDispose]());

  const card = (page: Page, event: string): Locator =>
    page.locator('article', { has: page.getByRole('heading', { name: event }) });
  /** A hop of a card, on the page, though it may be folded away. */
  const hop = (page: Page, event: string, text: string): Promise<void> =>
    card(page, event).locator('li', { hasText: text }).first().waitFor({ state: 'attached' });
  const order = (page: Page) => page.locator('article:visible h3').allTextContents();

  async function openLive(options = {}): Promise<Page> {
    const { page } = await fixture.open('', options);
    await hop(page, 'msg_first', 'lisa@example.com is now');
    await hop(page, 'msg_third', 'holds the role');
    return page;
  }

  it('move up when something happens to them, and keep focus and earlier hops', async () => {
    const page = await openLive();
    expect((await order(page)).slice(-3)).toEqual(['msg_third', 'msg_second', 'msg_first']);
    const hops = card(page, 'msg_first').locator('li');
    const before = await hops.count();
    await card(page, 'msg_first').getByRole('button', { name: 'Send again' }).click();
    await page.locator('#answer').getByText('204 for msg_first').waitFor();
    await page.locator('article').first().getByRole('heading', { name: 'msg_first' }).waitFor();
    await card(page, 'msg_first').locator('li.alert').nth(1).waitFor();
    expect(await hops.count()).toBeGreaterThan(before);
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Send again');
  });

  it('are filtered by text and by outcome', async () => {
    const page = await openLive();
    await page.getByLabel('Filter by text').fill('01FIRST');
    expect(await order(page)).toEqual(['msg_first']);
    await page.getByText(/^1 of \d+ events, the latest first/).waitFor();
    await page.getByLabel('Filter by text').fill('');
    await page.getByLabel('Outcome').selectOption('stopped');
    expect(await order(page)).toEqual(['msg_second']);
    await page.getByLabel('Outcome').selectOption('ended');
    expect(await order(page)).toEqual(['msg_third']);
    // What comes later is filtered as well.
    await fixture.send({ webhookId: 'msg_hidden', lead: 'unknown' });
    await fixture.send({ webhookId: 'msg_shown', status: 'live' });
    await card(page, 'msg_shown').waitFor();
    expect(await order(page)).toEqual(['msg_shown', 'msg_third']);
  });

  it('collapse, one and all, and say their outcome then', async () => {
    const page = await openLive();
    await page.getByRole('button', { name: 'Collapse all' }).click();
    expect(await page.locator('li:visible').count()).toBe(0);
    expect(await card(page, 'msg_second').locator('.verdict').textContent()).toContain('401 The request could not');
    await fixture.send({ webhookId: 'msg_later' });
    await hop(page, 'msg_later', 'lisa@example.com is now');
    expect(await page.locator('li:visible').count()).toBe(0);
    await card(page, 'msg_second').locator('summary').first().click();
    await card(page, 'msg_second').getByText('over 300 s old').waitFor();
    expect(await page.evaluate(LOW_CONTRAST)).toEqual([]);
  });

  it('wait while the page is paused', async () => {
    const page = await openLive();
    await page.getByRole('button', { name: 'Pause' }).click();
    await fixture.send({ webhookId: 'msg_paused' });
    await page.getByRole('button', { name: 'Resume (1 new)' }).waitFor();
    expect(await card(page, 'msg_paused').count()).toBe(0);
    await page.getByRole('button', { name: 'Resume' }).click();
    await card(page, 'msg_paused').waitFor();
    expect((await order(page))[0]).toBe('msg_paused');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
  });

  it('are cleared away, and only new ones come', async () => {
    const page = await openLive();
    await page.getByRole('button', { name: 'Clear' }).click();
    expect(await order(page)).toEqual([]);
    await page.getByText('Nothing yet.').waitFor();
    await fixture.send({ webhookId: 'msg_new' });
    await card(page, 'msg_new').waitFor();
    expect(await order(page)).toEqual(['msg_new']);
  });

  it('show the body and the message, and that a filter kept it from a subscriber', async () => {
    const page = await openLive();
    const first = card(page, 'msg_first');
    expect(await first.locator('pre').count()).toBe(0);
    await first.getByText('Body and message').click();
    await first.getByText('Body, ').waitFor();
    const [body, message] = await first.locator('pre').allTextContents();
    expect(body).toContain('"event_type": "public_incident.incident_updated_v2"');
    expect(message).toContain('"incidentId": "01FIRST"');
    expect(message).toContain('"principal"');
    await hop(page, 'msg_first', 'demo-subscriber answered 204');
    const third = card(page, 'msg_third').locator('li.skipped');
    expect(await third.textContent()).toContain(
      'not for this subscriber: demo-subscriber does not receive it: its filter does not match',
    );
  });

  it('give their id to the clipboard', async () => {
    const page = await openLive({ permissions: ['clipboard-read', 'clipboard-write'] });
    await card(page, 'msg_second').getByRole('button', { name: 'Copy id' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('msg_second');
    await page.getByText('Copied msg_second.').waitFor({ state: 'attached' });
  });

  it('leave notices a place of their own', async () => {
    const page = await openLive();
    expect(await page.locator('#notices').isVisible()).toBe(false);
    const lead = fixture.system.descendants().find(isLead);
    process.kill(lead ?? 0, 'SIGKILL');
    await page.locator('#notices').getByText('incidentLead was killed').waitFor();
    expect(await page.locator('#events').getByText('incidentLead was killed').count()).toBe(0);
  });

  it('stay readable when there are many, and say how many are left out', async () => {
    for (let sent = 0; sent < 210; sent += 1) await fixture.send({ webhookId: `msg_many${sent}`, event: 'svix.ping' });
    for (const width of [380, 1280]) {
      const page = (await fixture.open('', { viewport: { width, height: 800 } })).page;
      await page
        .getByText(/^200 events, the latest first\. \d+ older ones are not shown: npm run story -- .*WEBHOOK_ID$/)
        .waitFor();
      expect(await page.locator('article').count()).toBe(200);
      expect(await page.locator('article > details[open]').count()).toBe(10);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(await card(page, 'msg_many209').locator('li').count()).toBe(3);
      await page.close();
    }
    const { page } = await fixture.open();
    await page.getByText(/^200 events/).waitFor();
    await fixture.send({ webhookId: 'msg_last' });
    await card(page, 'msg_last').waitFor();
    expect(await page.locator('article').count()).toBe(200);
  }, 60_000);

  it('say how many hops of a long one are left out', async () => {
    const { page } = await fixture.open();
    for (let sent = 0; sent < 25; sent += 1) await fixture.send({ webhookId: 'msg_often', event: 'svix.ping' });
    await card(page, 'msg_often').getByText('15 earlier hops are not shown.').waitFor();
    expect(await card(page, 'msg_often').locator('li').count()).toBe(60);
  });
});

function isLead(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--target=incidentLead');
}
