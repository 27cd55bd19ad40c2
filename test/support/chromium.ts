import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts the Chromium at CHROMIUM_PATH, by default the one of a Linux distribution.
 * @throws Error that says how to get one, so that no test passes for want of a browser.
 */
export function launchChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] || '/usr/bin/chromium';
  if (existsSync(executablePath)) return chromium.launch({ executablePath, args: FLAGS });
  throw new Error(
    `This test needs Chromium, and there is none at ${executablePath}: install it ("apt-get install -y chromium"), or set CHROMIUM_PATH to its executable.`,
  );
}
