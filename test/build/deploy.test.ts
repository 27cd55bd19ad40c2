import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '../../tools/build/build.ts';
import { deployLikeBuildpack } from '../../tools/build/deploy.ts';
import { freePort } from '../../tools/services/functions/free-port.ts';
import { startFunction } from '../../tools/services/functions/function-process.ts';
import { buildableFolder } from './temporary-folder.ts';

describe('deploying like the buildpack', () => {
  let folder: string;
  let built: string;
  let into: string;
  beforeEach(async () => {
    folder = buildableFolder();
    [built = ''] = await build({ root: folder, substitutions: [] });
    into = join(folder, 'deployed');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('makes a copy with the code cache in it, and leaves the deployable as it is', async () => {
    const before = readdirSync(built);
    const deployed = await deployLikeBuildpack(built, into);
    expect(readdirSync(built)).toEqual(before);
    expect(readdirSync(deployed).sort()).toEqual([...before, 'bundle.cache'].sort());
    expect(readdirSync(into)).toEqual(['incident-webhook']);
  });

  it.each([
    ['as it is', (_cache: string) => {}],
    ['damaged', (cache: string) => writeFileSync(cache, readFileSync(cache).fill(0, 200))],
    ['missing', (cache: string) => rmSync(cache)],
  ])('makes what functions-framework serves, with the cache %s', async (_, change) => {
    const deployed = await deployLikeBuildpack(built, into);
    change(join(deployed, 'bundle.cache'));
    const port = await freePort();
    const running = await startFunction({ folder: deployed, target: 'incidentWebhook', port, env: {} });
    try {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(running.url, { method: 'POST', headers, body: '{"lines":[]}' });
      expect(await response.json()).toEqual({ valid: true, errors: [] });
    } finally {
      await running.stop();
    }
  });

  it('says what gcp-build said where it fails, and leaves nothing behind', async () => {
    writeFileSync(join(built, 'gcp-build.cjs'), 'throw new Error("no space left");');
    await expect(deployLikeBuildpack(built, into)).rejects.toThrow('no space left');
    expect(readdirSync(into)).toEqual([]);
  });

  it('is undone by the next build where somebody did it in dist/ itself', async () => {
    cpSync(await deployLikeBuildpack(built, into), built, { recursive: true });
    expect(readdirSync(built)).toContain('bundle.cache');
    await build({ root: folder, substitutions: [] });
    expect(readdirSync(built)).not.toContain('bundle.cache');
  });
});
