import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { printPaths } from '../build/print-paths.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The description of the HTTP function. */
export const DESCRIPTION = join(ROOT, 'schemas', 'openapi.yaml');
const CONFIG = join(import.meta.dirname, 'redocly.yaml');

/** Redoc loads its logo from a CDN; the page names Redoc in a picture of its own instead. */
const LOGO = /https:\/\/cdn\.redoc\.ly\/redoc\/logo-mini(?:-full)?\.svg/g;
const OWN_LOGO = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="12"><text y="10" font-family="sans-serif" font-size="11">Redoc</text></svg>',
)}`;
/** Nothing is loaded, whatever a later version of Redoc may want to load. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'";

/**
 * Renders `schemas/openapi.yaml` with Redoc into one file that needs no network to be viewed.
 * @param file where to write; default `dist/docs/index.html`.
 * @returns the file's path.
 * @throws Error with what the renderer said.
 */
export async function renderDocs(file: string = join(ROOT, 'dist', 'docs', 'index.html')): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  await redocly(['build-docs', DESCRIPTION, '--inlineBundle', '--output', file]);
  await writeFile(file, selfContained(await readFile(file, 'utf8')));
  return file;
}

/**
 * Makes a page that Redoc rendered open without a network.
 * @throws Error where Redoc has changed so much that this does not hold any longer.
 */
function selfContained(html: string): string {
  if (!LOGO.test(html) || !html.includes('<head>')) {
    throw new Error('the page of Redoc has no <head>, or its logo has moved to another address');
  }
  const policy = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
  return html.replaceAll(LOGO, OWN_LOGO).replace('<head>', `<head>\n  ${policy}`);
}

/**
 * Runs the Redocly CLI with this repository's configuration, without telemetry and without looking for updates.
 * @param nodeOptions for the process that runs it.
 * @returns what it printed.
 * @throws Error with what it printed, where it fails.
 */
export async function redocly(args: readonly string[], nodeOptions: readonly string[] = []): Promise<string> {
  const cli = join(dirname(createRequire(import.meta.url).resolve('@redocly/cli/package.json')), 'bin', 'cli.js');
  const env = { PATH: process.env['PATH'], REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  try {
    const run = promisify(execFile);
    const { stdout, stderr } = await run(process.execPath, [...nodeOptions, cli, ...args, '--config', CONFIG], { env });
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`redocly ${args[0]} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

if (import.meta.main) await printPaths('docs', Promise.all([renderDocs()]));
