'use strict';
// Makes the bundle's code cache. Google's buildpack runs it as `npm run gcp-build`, with the Node.js that will serve.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { Script } = require('node:vm');
const { writeCodeCache } = require('./code-cache.cjs');

const filename = join(__dirname, 'bundle.js');
const bundle = readFileSync(filename);

// Every function is compiled, not only what runs at load. Set back before the data is made, which records the flags.
setFlagsFromString('--no-lazy');
const script = new Script(bundle.toString('latin1'), { filename });
setFlagsFromString('--lazy');
const data = script.createCachedData();
writeCodeCache(bundle, data);
console.log(
  `Made a code cache of ${data.length} bytes for Node.js ${process.version} on ${process.platform}-${process.arch}.`,
);
