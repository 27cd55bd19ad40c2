import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_OPTIONS } from '../../tools/services/functions/function-process.ts';

it('deploys the options of Node.js that are measured', () => {
  const code = readFileSync(join(import.meta.dirname, '..', '..', 'terraform', 'bundle.tf'), 'utf8');

  expect(/^ *node_options += "(.+)"$/m.exec(code)?.[1]).toBe(NODE_OPTIONS);
});
