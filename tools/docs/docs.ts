import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { printPaths } from '../build/print-paths.ts';
import { redocly } from './redocly.ts';
import { selfContained } from './self-contained.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The description of the HTTP function. */
export const DESCRIPTION = join(ROOT, 'schemas', 'openapi.yaml');

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

if (import.meta.main) await printPaths('docs', Promise.all([renderDocs()]));
