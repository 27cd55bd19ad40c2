import { type ChildProcess, spawn } from 'node:child_process';
import { howItEnds } from '../../tools/services/program.ts';
import { type Supervised, supervise } from '../../tools/services/supervise.ts';

let started: ChildProcess[] = [];
let told: string[] = [];
let broken = false;
const supervision = {
  onRestart: (sentence: string) => told.push(`restart: ${sentence}`),
  onLost: (sentence: string) => told.push(`lost: ${sentence}`),
};

beforeEach(() => {
  [started, told, broken] = [[], [], false];
});

const start = async (): Promise<Supervised> => {
  if (broken) throw new Error('no sleep');
  const child = spawn('sleep', ['1000']);
  started.push(child);
  const ended = howItEnds(child);
  return { ended, stop: async () => void (child.kill() && (await ended)) };
};
const kill = async (): Promise<void> => {
  const before = told.length;
  started.at(-1)?.kill('SIGKILL');
  while (told.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
};
const running = () => started.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null).length;

it('starts again what ends, and says so', async () => {
  const { stop } = await supervise('Sleep', 'starting it again', start, supervision);
  await kill();
  expect(told).toEqual(['restart: Sleep was killed (SIGKILL), which nobody asked for; starting it again']);
  expect(running()).toBe(1);
  await stop();
  expect([running(), told.length]).toEqual([0, 1]);
});

it('gives up what ends twice in a row soon after it was started', async () => {
  const { stop } = await supervise('Sleep', 'starting it again', start, supervision);
  await kill();
  await kill();
  expect(told[1]).toBe('lost: Sleep was killed (SIGKILL), which nobody asked for, right after it was started again');
  await stop();
});

it('says why it could not be started again', async () => {
  const { stop } = await supervise('Sleep', 'starting it again', start, supervision);
  broken = true;
  await kill();
  while (told.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(told[1]).toBe('lost: Sleep could not be started again: no sleep');
  await stop();
});
