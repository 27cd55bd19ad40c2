import { join } from 'node:path';
import { SECRET_FILE } from '../events/signing-secret.ts';
import { paragraph } from '../terminal/paragraph.ts';
import { shellQuote } from '../terminal/shell.ts';
import type { LocalSystem } from './system/local-system.ts';
import type { Settings } from './system/settings.ts';
import { sendCommand } from './timeline/commands.ts';

/** npx takes this repository's Node.js, which reads TypeScript; the one on PATH may be older. */
const SUBSCRIBER = 'npx node docs/examples/subscriber.ts';

/** What `npm start` prints once everything runs: where each part listens, and commands that work as they are. */
export function banner(system: LocalSystem, { folder, secret }: Pick<Settings, 'folder' | 'secret'>): string {
  const secretFile = join(folder, SECRET_FILE);
  const where = secret === undefined ? secretFile : 'the variable INCIDENT_WEBHOOK_SECRET';
  // The client would look for a metadata server, for seconds, to learn which domain its credentials belong to.
  const environment = `PUBSUB_EMULATOR_HOST=${system.emulatorHost} METADATA_SERVER_DETECTION=none`;
  const ownSecret = secret === undefined ? [] : ['Give send the same INCIDENT_WEBHOOK_SECRET; it signs with it.'];
  return [
    'Ready.',
    ...columns([...system.addresses, ['signing secret', where]]),
    paragraph('functions-framework listens on all interfaces; everything else on 127.0.0.1 only.', '  '),
    '',
    'In another terminal:',
    ...columns([
      [sendCommand(folder), "incident.io's example: a lead without the role"],
      [sendCommand(folder, '--lead U02MANAGER'), 'a lead who holds the role'],
      [sendCommand(folder, '--fault bad-signature'), 'a forgery'],
      ['npm run send -- --help', 'every case'],
    ]),
    ...ownSecret,
    paragraph(`Or post signed webhooks to ${system.webhookUrl} yourself.`),
    ...system.pulled.flatMap((name) => [
      '',
      `To pull from ${name}:`,
      `  ${environment} ${SUBSCRIBER} ${shellQuote(name)}`,
    ]),
    'Ctrl-C stops it all.',
    '',
  ].join('\n');
}

/** Two columns; where the terminal is too narrow for them, the right one stands below the left one. */
function columns(rows: readonly (readonly [left: string, right: string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  const lines = rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
  if (lines.every(({ length }) => length <= (process.stdout.columns ?? length))) return lines;
  return rows.flatMap(([left, right]) => [`  ${left}`, paragraph(right, '      ')]);
}
