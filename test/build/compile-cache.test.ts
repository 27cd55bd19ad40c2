import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE_NAME, compileCache } from '../../tools/build/compile-cache.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ENTRY = join(import.meta.dirname, '..', '..', 'tools', 'build', 'entry.cjs');

/** A bundle that says where it runs; the function that it calls is one that only a cache compiles beforehand. */
const BUNDLE = `(function (exports, require, module, __filename, __dirname) {
function answer() { return 'answer of ' + require('node:path').basename(__filename); }
exports.answer = answer;


})`;

describe('the code cache', () => {
  let folder: string;
  let cache: Buffer;
  beforeAll(async () => {
    cache = await compileCache(BUNDLE);
  });
  beforeEach(() => {
    folder = temporaryFolder();
    copyFileSync(ENTRY, join(folder, 'index.cjs'));
    writeFileSync(join(folder, 'bundle.js'), BUNDLE);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What the folder's bundle answers, and whether V8 took the cache. */
  function run(...flags: string[]): { answer: string; rejected: boolean | null } {
    const program = `const vm = require('node:vm');
      const { Script } = vm;
      let rejected = null;
      vm.Script = class extends Script {
        constructor(...args) { super(...args); rejected = this.cachedDataRejected ?? null; }
      };
      const { answer } = require(${JSON.stringify(folder)} + '/index.cjs');
      console.log(JSON.stringify({ answer: answer(), rejected }));`;
    return JSON.parse(execFileSync(process.execPath, [...flags, '-e', program], { encoding: 'utf8', env: {} }));
  }

  it('is taken by a plain process of the same version', () => {
    writeFileSync(join(folder, CACHE_NAME), cache);
    expect(run()).toEqual({ answer: 'answer of bundle.js', rejected: false });
  });

  it('is taken with a memory limit, as the platform sets one', () => {
    writeFileSync(join(folder, CACHE_NAME), cache);
    expect(run('--max-old-space-size=256')).toEqual({ answer: 'answer of bundle.js', rejected: false });
  });

  it.each([
    ['another version made it', Buffer.alloc(4096, 1)],
    ['it is empty', Buffer.alloc(0)],
  ])('is refused where %s, and the bundle runs all the same', (_, bytes) => {
    writeFileSync(join(folder, CACHE_NAME), bytes);
    expect(run()).toEqual({ answer: 'answer of bundle.js', rejected: true });
  });

  it('is refused with other flags, and the bundle runs all the same', () => {
    writeFileSync(join(folder, CACHE_NAME), cache);
    expect(run('--stack-trace-limit=50')).toEqual({ answer: 'answer of bundle.js', rejected: true });
  });

  it('may be missing', () => {
    expect(run()).toEqual({ answer: 'answer of bundle.js', rejected: null });
  });

  it('may be unreadable', () => {
    mkdirSync(join(folder, CACHE_NAME));
    expect(run()).toEqual({ answer: 'answer of bundle.js', rejected: null });
  });

  it('has the same bytes for the same source', async () => {
    expect((await compileCache(BUNDLE)).equals(cache)).toBe(true);
  });
});
