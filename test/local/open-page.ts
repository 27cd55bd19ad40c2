import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { makeFolder, StartedSystem, type TestFolder } from './started-system.ts';

/** A page, and what a clean page does not have: console errors, and requests to anywhere else. */
export interface OpenPage {
  readonly page: Page;
  readonly complaints: readonly string[];
}

/** A local system with its page, and a browser to see it in. */
export interface PageFixture {
  readonly folder: TestFolder;
  readonly system: StartedSystem;
  readonly browser: Browser;
  readonly url: string;
  open(path?: string, options?: Parameters<Browser['newPage']>[0]): Promise<OpenPage>;
  /** Sends what the form would, and waits for the answer. */
  send(fields: Readonly<Record<string, string>>): Promise<{ title: string; webhookId: string }>;
  closePages(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openPage(args: readonly string[]): Promise<PageFixture> {
  const folder = makeFolder();
  const browser = await launchChromium();
  const system = new StartedSystem(folder, args);
  await system.says('Ctrl-C stops it all.', 90_000);
  const url = system.address('watch and send');
  return {
    folder,
    system,
    browser,
    url,
    async open(path = '', options = {}) {
      const page = await browser.newPage(options);
      page.setDefaultTimeout(20_000);
      const complaints: string[] = [];
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('request', (request) => {
        if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) complaints.push(request.url());
      });
      await page.goto(new URL(path, url).href);
      return { page, complaints };
    },
    async send(fields) {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}send`, { method: 'POST', headers, body: JSON.stringify(fields) });
      return (await response.json()) as { title: string; webhookId: string };
    },
    async closePages() {
      for (const context of browser.contexts()) await context.close();
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      await system[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}
