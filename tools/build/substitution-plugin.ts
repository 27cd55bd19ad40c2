import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';
import type { Substitution } from './substitutions.ts';
import { trimProtos } from './trim-protos.ts';

const HASH_DIGITS = 16;

/**
 * An esbuild plugin that carries out the substitutions.
 *
 * @param used gets the file of each that took effect; of others, an update has moved the file, or nothing needs it
 */
export function substitutionPlugin(substitutions: readonly Substitution[], used = new Set<string>()): Plugin {
  return {
    name: 'substitutions',
    setup(build) {
      for (const { file, sha256, by, reason } of substitutions) {
        const filter = new RegExp(`/node_modules/${file.replace(/\./g, '\\.')}$`);
        build.onLoad({ filter }, ({ path }) => {
          used.add(file);
          const original = readFileSync(path);
          const found = hash('sha256', original).slice(0, HASH_DIGITS);
          if (![sha256].flat().includes(found)) return { errors: [{ text: changed(file, found) }] };
          if (by === 'nothing') return { contents: missing(file, reason), loader: 'js' };
          if ('methods' in by) {
            const protos = trimProtos(JSON.parse(original.toString()), by.methods);
            return { contents: JSON.stringify(protos), loader: 'json' };
          }
          const contents = readFileSync(join(import.meta.dirname, 'replacements', by.file), 'utf8');
          return { contents, loader: 'ts', resolveDir: dirname(path) };
        });
      }
    },
  };
}

function changed(file: string, found: string): string {
  return `${file} has changed, which tools/build/substitutions.ts replaces. See in its package's changes whether what takes its place is still right, then put sha256: '${found}' into its row, beside the one there if both versions are installed.`;
}

/** A module that may be required, but throws on any use. */
function missing(file: string, reason: string): string {
  const message = `${file} is not in this bundle (${reason})`;
  return `module.exports = new Proxy({}, {
    get(_, name) {
      if (name === '__esModule' || typeof name === 'symbol') return undefined;
      throw new Error(${JSON.stringify(message)} + ', but its ' + name + ' is used');
    },
  });`;
}
