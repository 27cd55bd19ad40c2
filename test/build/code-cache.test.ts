import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder.ts';

const FIXED = join(import.meta.dirname, '..', '..', 'tools', 'build', 'deployable');

/** A bundle that says where it runs; the function that it calls is one that only a cache compiles beforehand. */
const bundleThat = (answers: string): string => `(function (exports, require, module, __filename, __dirname) {
function answer() { return '${answers} of ' + require('node:path').basename(__filename); }
exports.answer = answer;


})`;

/** Does something to the cache of a folder, and to its bundle. */
type Damage = (cache: string, bundle: string) => void;

describe('the code cache', () => {
  let folder: string;
  let cache: string;
  let bundle: string;
  beforeEach(() => {
    folder = temporaryFolder();
    cache = join(folder, 'bundle.cache');
    bundle = join(folder, 'bundle.js');
    cpSync(FIXED, folder, { recursive: true });
    writeFileSync(bundle, bundleThat('answer'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs a program in the folder, as a Node.js that calls itself `version`. */
  const run = (program: string, flags: readonly string[] = [], version = process.version): string => {
    const pretend = `Object.defineProperty(process, 'version', { value: '${version}' });`;
    return execFileSync(process.execPath, [...flags, '-e', pretend + program], {
      encoding: 'utf8',
      env: {},
      cwd: folder,
    });
  };
  const gcpBuild = (version?: string): string => run(`require('./gcp-build.cjs')`, [], version);

  /** What the folder's bundle answers, and whether V8 took the cache: null where it was given none. */
  const start = (...flags: string[]): { answer: string; rejected: boolean | null } => {
    const program = `const vm = require('node:vm');
      const { Script } = vm;
      let rejected = null;
      vm.Script = class extends Script {
        constructor(...args) { super(...args); rejected = this.cachedDataRejected ?? null; }
      };
      const { answer } = require('./index.cjs');
      console.log(JSON.stringify({ answer: answer(), rejected }));`;
    return JSON.parse(run(program, flags));
  };

  it('is made where the bundle lies, and says so in the build log', () => {
    expect(gcpBuild()).toMatch(new RegExp(`code cache of \\d+ bytes for Node.js ${process.version} on`));
    expect(existsSync(cache)).toBe(true);
  });

  it.each([
    ['a plain process', []],
    ['a process with a memory limit, as the platform sets one', ['--max-old-space-size=256']],
    ['a process with the options that Terraform sets', ['--max-semi-space-size=8']],
  ])('is taken by %s', (_, flags) => {
    gcpBuild();
    expect(start(...flags)).toEqual({ answer: 'answer of bundle.js', rejected: false });
  });

  it('is refused by V8 with other flags, and the bundle runs all the same', () => {
    gcpBuild();
    expect(start('--stack-trace-limit=50')).toEqual({ answer: 'answer of bundle.js', rejected: true });
  });

  const flipAt =
    (indexIn: (length: number) => number): Damage =>
    () => {
      const bytes = readFileSync(cache);
      const index = indexIn(bytes.length);
      bytes[index] = (bytes[index] ?? 0) ^ 1;
      writeFileSync(cache, bytes);
    };
  const damages: [string, Damage][] = [
    ['is missing', () => rmSync(cache)],
    [
      'is a folder',
      () => {
        rmSync(cache);
        mkdirSync(cache);
      },
    ],
    ['is empty', () => truncateSync(cache)],
    ['is all zeros', () => writeFileSync(cache, Buffer.alloc(readFileSync(cache).length))],
    ['is 4 KiB of zeros', () => writeFileSync(cache, Buffer.alloc(4096))],
    ['ends within the header', () => truncateSync(cache, 20)],
    ['ends with the header', () => truncateSync(cache, 40)],
    ['lacks its last byte', () => truncateSync(cache, readFileSync(cache).length - 1)],
    ['has a byte more', () => writeFileSync(cache, Buffer.concat([readFileSync(cache), Buffer.alloc(1)]))],
    ['has a wrong bit at its start', flipAt(() => 0)],
    ['has a wrong bit in V8’s header', flipAt(() => 60)],
    ['has a wrong bit in the middle', flipAt((length) => length >> 1)],
    ['has a wrong bit at its end', flipAt((length) => length - 1)],
    ['holds zeros from the middle on', () => writeFileSync(cache, Buffer.from(readFileSync(cache)).fill(0, 500))],
  ];
  it.each(damages)('that %s is not handed to V8, and the bundle runs', (_, damage) => {
    gcpBuild();
    damage(cache, bundle);
    expect(start()).toEqual({ answer: 'answer of bundle.js', rejected: null });
  });

  it('of another bundle of the same length is not handed to V8: what runs is the bundle', () => {
    gcpBuild();
    writeFileSync(bundle, bundleThat('ANSWER'));
    expect(start()).toEqual({ answer: 'ANSWER of bundle.js', rejected: null });
  });

  it('of another Node.js is not handed to V8, and its own one replaces it', () => {
    gcpBuild('v24.0.0');
    expect(start()).toEqual({ answer: 'answer of bundle.js', rejected: null });
    gcpBuild();
    expect(start()).toEqual({ answer: 'answer of bundle.js', rejected: false });
  });
});
