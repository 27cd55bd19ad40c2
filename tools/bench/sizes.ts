import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Section } from './report.ts';

/** What Terraform uploads of each deployable, and what `gcp-build` adds to it. */
export function deployableSizes(deployed: readonly string[]): Section {
  const figures = deployed.map((folder) => {
    const kiB = (wanted: (file: string) => boolean): number =>
      readdirSync(folder)
        .filter(wanted)
        .reduce((sum, file) => sum + statSync(join(folder, file)).size, 0) / 1024;
    const code = kiB((file) => /\.c?js$/.test(file));
    return {
      name: basename(folder),
      codeKiB: Math.round(code),
      cacheKiB: Math.round(kiB((f) => f.endsWith('.cache'))),
    };
  });
  const texts = figures.map(
    ({ name, codeKiB, cacheKiB }) => `${name} ${codeKiB} KiB of code, ${cacheKiB} KiB of code cache`,
  );
  return { text: `Sizes: ${texts.join('; ')}.`, figures };
}
