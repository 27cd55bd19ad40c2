import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { Webhook } from 'svix';
import { samplePayload } from '../../tools/events/payload.ts';
import { SECRET } from '../../tools/events/sign.ts';
import { makeFolder, run } from './started-system.ts';

const HOSTILE = '\u001b[2J\n\u009b31m\u202e';

describe('npm run send -- --print', () => {
  const folder = makeFolder();
  const env = { INCIDENT_WEBHOOK_SECRET: SECRET };
  const received: { method: string | undefined; headers: IncomingHttpHeaders; body: Buffer }[] = [];
  const server = createServer(async (req, res) => {
    received.push({ method: req.method, headers: req.headers, body: await buffer(req) });
    res.writeHead(200).end(HOSTILE);
  });
  let url: string;

  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterEach(() => received.splice(0));
  afterAll(() => {
    server.close();
    folder[Symbol.dispose]();
  });

  const send = (...args: string[]) => run('send', ['--folder', folder.local, '--url', url, ...args], env);
  const file = (content: string | Buffer): string => {
    const path = join(folder.temp, 'body');
    writeFileSync(path, content);
    return path;
  };

  it.each<[name: string, args: () => string[], body: string | Buffer | undefined]>([
    ['the example', () => [], samplePayload({})],
    [
      'quotes, dollars, blanks and letters beyond ASCII',
      () => ['--file', file(`{"a": "it's $HOME \`é\`"}\n\n`)],
      `{"a": "it's $HOME \`é\`"}\n\n`,
    ],
    ['what curl would take for the name of a file', () => ['--file', file('@/etc/passwd')], '@/etc/passwd'],
    ['bytes', () => ['--file', file(Buffer.from([0, 1, 0xff, 10, 13]))], Buffer.from([0, 1, 0xff, 10, 13])],
    ['nothing', () => ['--file', file('')], ''],
    ['control characters', () => ['--file', file(HOSTILE)], HOSTILE],
    ['more than a shell takes as an argument', () => ['--fault', 'too-large'], undefined],
    ['another method', () => ['--fault', 'wrong-method'], undefined],
  ])('curl writes a command that sends %s, signed', async (_, args, body) => {
    const { code, stdout } = await send(...args(), '--print', 'curl');
    expect(code).toBe(0);
    expect(received).toEqual([]);
    expect(stdout).not.toMatch(/[^\P{Cc}\n\t]/u);
    const shell = spawn('sh', { stdio: ['pipe', 'ignore', 'inherit'] });
    shell.stdin.end(stdout);
    await once(shell, 'close');
    expect(received).toHaveLength(1);
    const [{ method, headers, body: sent } = { method: '', headers: {}, body: Buffer.alloc(0) }] = received;
    expect(method).toBe(args().includes('wrong-method') ? 'PUT' : 'POST');
    if (body !== undefined) expect(sent.equals(Buffer.from(body))).toBe(true);
    else expect(sent.length).toBeGreaterThan(3_000);
    if (!sent.includes(0xff)) expect(headers['webhook-signature']).toBe(signatureOf(headers, sent.toString()));
    expect(headers['content-type']).toBe('application/json');
  });

  it('curl says that it cannot send half of a body', async () => {
    const { code, stderr } = await send('--fault', 'slow', '--print', 'curl');
    expect(stderr).toBe('send: --fault slow cannot be printed: curl sends the whole body. Leave out --print.\n');
    expect(code).toBe(2);
  });

  it('body writes every byte to a file, and sends nothing', async () => {
    const content = Buffer.from([0, 1, 0xff, 10, 27]);
    const out = join(folder.temp, 'out');
    const command = `"$0" tools/local/send.ts --file "$1" --print body > "$2"`;
    await promisify(execFile)('sh', ['-c', command, process.execPath, file(content), out]);
    expect(readFileSync(out).equals(content)).toBe(true);
    const { stdout } = await run('send', ['--folder', folder.local, '--print', 'body', '--status', 'live']);
    expect(stdout).toBe(samplePayload({ status: 'live' }));
    expect(received).toEqual([]);
  });

  it('shows nothing of an answer that could control the terminal', async () => {
    const { stdout } = await send();
    expect(stdout).toContain('  \\u001b[2J\\u000a\\u009b31m\\u202e\n');
    expect(stdout).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  });
});

function signatureOf(headers: IncomingHttpHeaders, body: string): string {
  const { 'webhook-id': id = '', 'webhook-timestamp': timestamp = '' } = headers as Record<string, string>;
  return new Webhook(SECRET).sign(id, new Date(Number(timestamp) * 1000), body);
}
