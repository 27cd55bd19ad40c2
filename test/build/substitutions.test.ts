import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { substitutionPlugin, unmatched } from '../../tools/build/substitution-plugin.ts';
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

  it('compute the same signatures', async () => {
    const [substituted, original] = (await load(`exports.Webhook = require('svix').Webhook;`, SUBSTITUTIONS)) as [
      typeof import('svix'),
      typeof import('svix'),
    ];
    const at = new Date(1_614_265_330_000);
    for (const bytes of [16, 24, 64, 65, 75]) {
      const secret = `whsec_${Buffer.alloc(bytes, bytes).toString('base64')}`;
      for (const body of ['', '{}', 'é😀'.repeat(5_000), 'a'.repeat(64)]) {
        const expected = new original.Webhook(secret).sign('msg_1', at, body);
        expect(new substituted.Webhook(secret).sign('msg_1', at, body)).toBe(expected);
      }
    }
    // The known answer of the Standard Webhooks libraries.
    const known = new substituted.Webhook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    expect(known.sign('msg_p5jXN8AQM9LWM0D4loKWxJek', at, '{"test": 2432232314}')).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
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

  it('say which module is missing where one is used that was left out', async () => {
    const file = 'fast-sha256/sha256.js';
    const [substituted] = await load(`const sha256 = require('fast-sha256'); exports.use = () => sha256.hash;`, [
      { file, by: 'nothing', reason: 'it is not needed' },
    ]);
    expect(() => (substituted as { use(): void }).use()).toThrow(
      'fast-sha256/sha256.js is not in this bundle (it is not needed), but its hash is used',
    );
  });

  it('are reported where an update has moved their file or dropped their package', () => {
    const inputs = ['node_modules/google-gax/build/src/index.js', 'x/node_modules/fast-sha256/sha256.js'];
    const substitution = (file: string): Substitution => ({ file, by: 'nothing', reason: '' });
    const [moved, dropped] = [substitution('google-gax/build/src/iamService.js'), substitution('pg/x.js')];
    expect(unmatched([moved, substitution('fast-sha256/sha256.js'), dropped], inputs)).toEqual([moved, dropped]);
  });
});
