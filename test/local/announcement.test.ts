import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { announce, findRunning } from '../../tools/local/system/announcement.ts';

const SYSTEM = {
  pid: process.pid,
  webhookUrl: 'http://127.0.0.1:8080/webhooks/incident/lead',
  emulatorHost: '127.0.0.1:1',
};
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'announcement-'));
  file = join(folder, 'system.json');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function listen(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

it('tells of a system while it runs', async () => {
  expect(await findRunning(folder)).toBeUndefined();
  const announced = await announce(folder, SYSTEM);
  expect(await findRunning(folder)).toEqual(SYSTEM);
  expect(readdirSync(folder)).toEqual(['system.json']);
  await expect(announce(folder, SYSTEM)).rejects.toThrow(
    `a local system is running already (process ${process.pid}, ${SYSTEM.webhookUrl}): stop it first`,
  );
  await announced.stop();
  expect(await findRunning(folder)).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
});

describe('believes in no system that was killed:', () => {
  it.each<[name: string, port: (taken: number) => unknown]>([
    ['its process id is of another process, and its port of another server', (taken) => taken],
    ['its process id is of another process, and nothing is on its port', () => 1],
    ['there is no port', () => undefined],
    ['the port is malformed', () => 'x'],
  ])('%s', async (_, port) => {
    const other = createServer((socket) => socket.end('something else'));
    writeFileSync(file, JSON.stringify({ ...SYSTEM, port: port(await listen(other)) }));
    expect(await findRunning(folder)).toBeUndefined();
    const announced = await announce(folder, SYSTEM);
    expect(await findRunning(folder)).toEqual(SYSTEM);
    await announced.stop();
    other.close();
  });

  it('its port is of a server that says nothing', async () => {
    const other = createServer((socket) => socket.resume());
    writeFileSync(file, JSON.stringify({ ...SYSTEM, port: await listen(other) }));
    expect(await findRunning(folder)).toBeUndefined();
    other.close();
  });

  it.each(['', '{', 'null', '[]'])('the file holds "%s"', async (content) => {
    writeFileSync(file, content);
    expect(await findRunning(folder)).toBeUndefined();
  });
});

it('says what to do where the folder cannot be written to', async () => {
  const taken = join(folder, 'file');
  writeFileSync(taken, '');
  await expect(announce(taken, SYSTEM)).rejects.toThrow(`${taken} cannot be written to (EEXIST): let your user write`);
  mkdirSync(file);
  await expect(announce(folder, SYSTEM)).rejects.toThrow(/cannot be written to \(EISDIR\)/);
});
