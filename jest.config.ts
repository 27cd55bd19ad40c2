import { rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from 'jest';
import { forgetOtherServers } from './tools/services/shell-environment.ts';
import { makeTemporaryFolder } from './tools/services/temporary-folder.ts';

// Whatever the shell says, for every process of the tests.
forgetOtherServers();
process.env['TMPDIR'] = await makeTemporaryFolder('incident-lead-tests-', async (folder) => {
  await rmdir(folder);
  return dirname(folder);
});

const config: Config = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // They need a Chromium: npm run test:browser.
  testPathIgnorePatterns: ['/node_modules/', '\\.browser\\.test\\.ts$'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.local/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2024', parser: { syntax: 'typescript' }, experimental: { keepImportAttributes: true } },
        module: { type: 'es6' },
      },
    ],
  },
  // Much of the time is spent waiting for deadlines, so one worker a core is not too many.
  maxWorkers: '100%',
  testTimeout: 30_000,
};

export default config;
