'use strict';
// Runs the bundle beside it with the code that V8 compiled when it was built. V8 itself refuses a cache that another
// version or other flags made, and then compiles the bundle as it would have without one.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

const filename = join(__dirname, 'bundle.js');

function readCache() {
  try {
    return readFileSync(join(__dirname, `bundle.${process.version}-${process.arch}.cache`));
  } catch {
    return undefined;
  }
}

// The bundle is ASCII: read as Latin-1, it needs no decoding.
const script = new Script(readFileSync(filename, 'latin1'), { filename, cachedData: readCache() });
script.runInThisContext().call(module.exports, module.exports, require, module, filename, __dirname);
