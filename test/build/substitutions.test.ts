import { hash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { substitutionPlugin } from '../../tools/build/substitution-plugin.ts';
import { SUBSTITUTIONS, type Substitution } from '../../tools/build/substitutions.ts';
import { temporaryFolder } from './temporary-folder.ts';

const require = createRequire(import.meta.url);

describe('substitutions', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What a bundle of `source` exports, once with the substitutions and once without any. */
  async function load(source: string, substitutions: readonly Substitution[]): Promise<[unknown, unknown]> {
    const entry = join(folder, 'entry.cjs');
    writeFileSync(entry, source);
    const load = async (name: string, applied: readonly Substitution[]): Promise<unknown> => {
      const outfile = join(folder, name);
      const plugins = [substitutionPlugin(applied)];
      await build({ entryPoints: [entry], bundle: true, platform: 'node', format: 'cjs', outfile, plugins });
      return require(outfile);
    };
    return [await load('substituted.cjs', substitutions), await load('original.cjs', [])];
  }

  it('name each file once', () => {
    expect(new Set(SUBSTITUTIONS.map(({ file }) => file)).size).toBe(SUBSTITUTIONS.length);
  });

  it('write the same log lines', async () => {
    const source = `const { Writable } = require('node:stream');
      const { createLogger } = require('winston');
      const { LoggingWinston } = require('@google-cloud/logging-winston');
      exports.lines = () => {
        const lines = [];
        globalThis.instrumentationAdded = false;
        process.env.METADATA_SERVER_DETECTION = 'none';
        const transport = new LoggingWinston({ redirectToStdout: true, useMessageField: false, projectId: 'p' });
        transport.common.cloudLog.transport = new Writable({ write(chunk, _, done) { lines.push(String(chunk)); done(); } });
        const logger = createLogger({ level: 'debug', transports: [transport] });
        logger.warn('careful', { outcome: 'ignored', timestamp: new Date(0), 'logging.googleapis.com/trace': 't', labels: { a: 'b' } });
        logger.error('broken', { stack: 'Error: x', status: 500, timestamp: new Date(0), nothing: null });
        return lines.map((line) => line.replace(/"logging.googleapis.com\\/insertId":"[^"]*"/, ''));
      };`;
    const [substituted, original] = (await load(source, SUBSTITUTIONS)) as { lines(): string[] }[];
    expect(original?.lines().length).toBeGreaterThanOrEqual(2);
    expect(substituted?.lines().slice(1)).toEqual(original?.lines().slice(1));
  });

  const file = 'pg-int8/index.js';

  it('say which module is missing where one is used that was left out', async () => {
    const [substituted] = await load(`const int8 = require('pg-int8'); exports.use = () => int8.parse;`, [
      // Two versions of its package may be installed for a while.
      { file, sha256: ['0123456789abcdef', hashOf(file)], by: 'nothing', reason: 'it is not needed' },
    ]);
    expect(() => (substituted as { use(): void }).use()).toThrow(
      'pg-int8/index.js is not in this bundle (it is not needed), but its parse is used',
    );
  });

  it('fail the build where an update has changed what they replace, and say what to do', async () => {
    const outdated: Substitution = { file, sha256: '0123456789abcdef', by: 'nothing', reason: '' };
    await expect(load(`require('pg-int8');`, [outdated])).rejects.toThrow(
      new RegExp(`pg-int8/index.js has changed, .* put sha256: '${hashOf(file)}' into its row`),
    );
  });
});

function hashOf(file: string): string {
  return hash('sha256', readFileSync(require.resolve(file))).slice(0, 16);
}
