'use strict';
// Runs the bundle beside it, with the code cache that `npm run gcp-build` made of it, where there is one.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');
const { readCodeCache } = require('./code-cache.cjs');

const filename = join(__dirname, 'bundle.js');
const bundle = readFileSync(filename);

// The bundle is ASCII: as Latin-1 it needs no decoding.
const script = new Script(bundle.toString('latin1'), { filename, cachedData: readCodeCache(bundle) });
script.runInThisContext().call(module.exports, module.exports, require, module, filename, __dirname);
