import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One package of a lock file, as far as it is read here. */
interface LockedPackage {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Where each package lies below the repository, and which one it is. */
type Packages = Readonly<Record<string, LockedPackage>>;

const LOCK_FILE = 'package-lock.json';
const FOLDER = 'node_modules/';

/**
 * The `package-lock.json` of a deployable folder, as text: what the repository's own lock file says of the deployable's
 * dependencies and of theirs. So whoever installs the folder gets the very packages that the tests ran with.
 *
 * @param root the repository's folder
 * @param description text of the deployable's package.json
 * @throws Error where the repository has no lock file, or one that lacks a package or fixes another version of it
 */
export function deployableLock(root: string, description: string): string {
  const { lockfileVersion, packages }: { lockfileVersion: number; packages: Packages } = readLock(root);
  const { name, dependencies, engines }: Record<string, unknown> & { dependencies: Record<string, string> } =
    JSON.parse(description);
  for (const [dependency, version] of Object.entries(dependencies)) {
    const locked = packages[FOLDER + dependency]?.version;
    if (locked === version) continue;
    throw new Error(`${LOCK_FILE} has ${dependency} ${locked}, and package.json ${version}: run npm install`);
  }
  const kept = reachable(packages, Object.keys(dependencies));
  // In the repository's order, which npm sorts.
  const entries = Object.entries(packages).filter(([path]) => kept.has(path));
  const content = {
    name,
    lockfileVersion,
    requires: true,
    packages: { '': { name, dependencies, engines }, ...Object.fromEntries(entries.map(asDependency)) },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function readLock(root: string): { lockfileVersion: number; packages: Packages } {
  try {
    return JSON.parse(readFileSync(join(root, LOCK_FILE), 'utf8'));
  } catch (cause) {
    throw new Error(`${LOCK_FILE} cannot be read: run npm install`, { cause });
  }
}

/** The paths of these packages and of all that they need. */
function reachable(packages: Packages, names: readonly string[]): Set<string> {
  const kept = new Set<string>();
  const keep = (name: string, from: string, optional: boolean): void => {
    const path = resolve(packages, name, from);
    if (path === undefined && !optional) throw new Error(`${LOCK_FILE} lacks ${name}, which ${from} needs`);
    if (path === undefined || kept.has(path)) return;
    kept.add(path);
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = packages[path] ?? {};
    for (const each of Object.keys(dependencies ?? {})) keep(each, path, optionalDependencies?.[each] !== undefined);
    for (const each of Object.keys(optionalDependencies ?? {})) keep(each, path, true);
    for (const each of Object.keys(peerDependencies ?? {})) {
      if (peerDependenciesMeta?.[each]?.optional !== true) keep(each, path, false);
    }
  };
  for (const name of names) keep(name, '', false);
  return kept;
}

/** Where Node.js finds a package: in the nearest `node_modules` upwards that has it. */
function resolve(packages: Packages, name: string, from: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf(FOLDER) - 1))) {
    const path = at === '' ? FOLDER + name : `${at}/${FOLDER}${name}`;
    if (packages[path]) return path;
    if (at === '') return undefined;
  }
}

/** Whether the repository needs a package for its tests alone says nothing of the deployable. */
function asDependency([path, locked]: [string, LockedPackage]): [string, LockedPackage] {
  const { dev: _dev, devOptional: _devOptional, ...rest } = locked as LockedPackage & Record<string, unknown>;
  return [path, rest];
}
