import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The one package that is not bundled: its registry of functions lives in a module of its own,
 * which the bundle must share.
 */
export const FRAMEWORK = '@google-cloud/functions-framework';

/**
 * The `package.json` of a deployable folder, as text.
 *
 * @param root the repository's folder; the framework's version is the exact one its package.json pins
 * @param name package name, after the function's folder
 * @throws Error where the framework is missing or its version is a range
 */
export function deployablePackage(root: string, name: string): string {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version: unknown = dependencies?.[FRAMEWORK];
  if (typeof version !== 'string' || !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Error(`package.json must pin an exact version of ${FRAMEWORK} under "dependencies"`);
  }
  const content = {
    name,
    private: true,
    main: 'index.cjs',
    scripts: { 'gcp-build': 'node gcp-build.cjs' },
    engines: { node: '24' },
    dependencies: { [FRAMEWORK]: version },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
