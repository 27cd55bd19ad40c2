import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { lazyRequirePlugin } from '../../tools/build/lazy-requires.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Each module says when it loads. */
const MODULES: Record<string, string> = {
  'entry.cjs': `exports.library = require('library'); exports.loaded = () => globalThis.lazyRequiresLoaded;`,
  'node_modules/library/package.json': '{ "type": "commonjs" }',
  'node_modules/library/index.js': `"use strict";
    globalThis.lazyRequiresLoaded = ['index'];
var __importStar = (module) => ({ ...module, default: module });
exports.used = exports.unused = exports.version = exports.whole = void 0;
const part = require("./part");
const used_1 = require("./used");
exports.version = require("./version");
const whole = __importStar(require('./whole'));
exports.whole = whole;
exports.same = part.same;
Object.defineProperty(exports, "used", { enumerable: true, get: function () { return used_1.used; } });
exports.shadowed = (part) => part;
exports.shorthand = () => ({ part });
const derived = require("./derived")
  .name;
exports.derived = derived;`,
  'node_modules/library/derived.js': `globalThis.lazyRequiresLoaded.push('derived'); exports.name = 'derived';`,
  'node_modules/library/part.js': `globalThis.lazyRequiresLoaded.push('part'); exports.same = 'same';`,
  'node_modules/library/used.js': `globalThis.lazyRequiresLoaded.push('used'); exports.used = () => 'used';`,
  'node_modules/library/version.js': `globalThis.lazyRequiresLoaded.push('version'); module.exports = '1.2.3';`,
  'node_modules/library/whole.js': `globalThis.lazyRequiresLoaded.push('whole'); exports.one = 1;`,
};

interface Loaded {
  loaded(): string[];
  library: {
    used(): string;
    version: string;
    whole: { one: number; default: unknown };
    same: string;
    derived: string;
    shadowed(value: string): string;
    shorthand(): { part: unknown };
  };
}

describe('lazy requires', () => {
  let folder: string;
  let bundle: Loaded;
  beforeEach(async () => {
    folder = temporaryFolder();
    mkdirSync(join(folder, 'node_modules', 'library'), { recursive: true });
    for (const [file, source] of Object.entries(MODULES)) writeFileSync(join(folder, file), source);
    const outfile = join(folder, 'out.cjs');
    const plugins = [lazyRequirePlugin(['library'])];
    await build({ entryPoints: [join(folder, 'entry.cjs')], bundle: true, platform: 'node', outfile, plugins });
    bundle = createRequire(import.meta.url)(outfile);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('load a module at its first use, once', () => {
    const { library, loaded } = bundle;
    // A require that is part of a longer expression stays as it is.
    expect(loaded()).toEqual(['index', 'derived']);
    expect(library.used()).toBe('used');
    expect(library.used()).toBe('used');
    expect(loaded()).toEqual(['index', 'derived', 'used']);
  });

  it('give what an immediate require gives', () => {
    const { library } = bundle;
    expect(library.version).toBe('1.2.3');
    expect(library.whole).toEqual({ one: 1, default: { one: 1 } });
    expect(library.same).toBe('same');
    expect(library.derived).toBe('derived');
    expect(library.shorthand()).toEqual({ part: { same: 'same' } });
  });

  it('leave a local name alone that happens to be the same', () => {
    expect(bundle.library.shadowed('mine')).toBe('mine');
    expect(bundle.loaded()).not.toContain('part');
  });

  it('can be assigned over, as an export can', () => {
    bundle.library.version = '2';
    expect(bundle.library.version).toBe('2');
  });
});
