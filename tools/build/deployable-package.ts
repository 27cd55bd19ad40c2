import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The one package that is not bundled: its registry of functions lives in a module of its own,
 * which the bundle must share.
 */
export const FRAMEWORK = '@google-cloud/functions-framework';

const LOCK_FILE = 'package-lock.json';
const UNFIT = `${LOCK_FILE} does not hold what the deployables need: run npm install`;

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

/**
 * The `package-lock.json` of a deployable folder, as text: the part of the repository's own that the framework needs.
 * So whoever installs the deployable gets the very packages that the tests ran with.
 *
 * @param root the repository's folder
 * @param name package name
 * @throws Error where the repository has no lock file, or one that does not fit its package.json
 */
export function deployableLock(root: string, name: string): string {
  const { dependencies, engines } = JSON.parse(deployablePackage(root, name));
  const { packages: tested, lockfileVersion, requires } = readLock(root);
  const framework = folderOf(FRAMEWORK, '', tested);
  if (tested[framework].version !== dependencies[FRAMEWORK]) throw new Error(UNFIT);
  // Grows while it is gone through. A peer that nothing else depends on would be missing, and npm ci in a test say so.
  const needed = new Set([framework]);
  for (const folder of needed) {
    const wanted = { ...tested[folder].dependencies, ...tested[folder].optionalDependencies };
    for (const each of Object.keys(wanted)) needed.add(folderOf(each, `${folder}/`, tested));
  }
  const kept = Object.entries(tested).filter(([folder]) => needed.has(folder));
  const packages = { '': { name, dependencies, engines }, ...Object.fromEntries(kept) };
  return `${JSON.stringify({ name, lockfileVersion, requires, packages }, null, 2)}\n`;
}

function readLock(root: string) {
  try {
    return JSON.parse(readFileSync(join(root, LOCK_FILE), 'utf8'));
  } catch (cause) {
    throw new Error(`${LOCK_FILE} cannot be read: run npm install`, { cause });
  }
}

/** The folder of a package that the one in `from` requires: in its own `node_modules`, or the nearest one above. */
function folderOf(name: string, from: string, packages: object): string {
  const folder = `${from}node_modules/${name}`;
  if (folder in packages) return folder;
  if (from === '') throw new Error(UNFIT);
  return folderOf(name, from.slice(0, from.lastIndexOf('node_modules/')), packages);
}
