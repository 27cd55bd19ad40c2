import type { LogConfig } from '../../shared/environment.ts';
import { createLog } from '../../shared/log.ts';
import type { LogLine } from '../../shared/log-line.ts';

const CONFIG: LogConfig = { level: 'info', project: 'alan-eu-tools', service: 'incident-lead', version: 'local' };
const LINE: LogLine = { level: 'info', message: 'Words.', metadata: { outcome: 'published', status: 204 } };

/** What is written to stdout while `write` runs. */
function writtenBy(write: () => void): string {
  let text = '';
  const original = process.stdout.write;
  process.stdout.write = ((chunk: string | Uint8Array) => {
    text += chunk.toString();
    return true;
  }) as typeof process.stdout.write;
  try {
    write();
  } finally {
    process.stdout.write = original;
  }
  return text;
}

function lineOf(line: LogLine, config: Partial<LogConfig> = {}): Record<string, unknown> {
  const text = writtenBy(() => createLog({ ...CONFIG, ...config })(line));
  expect(text).toMatch(/^[^\n]+\n$/);
  return JSON.parse(text);
}

describe('a log line', () => {
  it('is one JSON object in the form that Cloud Logging reads', () => {
    const at = new Date('2026-08-01T10:00:00.228Z');
    const trace = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true };
    expect(lineOf({ ...LINE, trace, insertId: 'id', timestamp: at })).toEqual({
      severity: 'INFO',
      message: 'Words.',
      timestamp: { seconds: 1785578400, nanos: 228_000_000 },
      metadata: { outcome: 'published', status: 204 },
      'logging.googleapis.com/insertId': 'id',
      'logging.googleapis.com/trace': 'projects/alan-eu-tools/traces/0af7651916cd43dd8448eb211c80319c',
      'logging.googleapis.com/spanId': 'b7ad6b7169203331',
      'logging.googleapis.com/trace_sampled': true,
      logName: 'projects/alan-eu-tools/logs/winston_log',
    });
  });

  it.each([
    ['debug', 'DEBUG'],
    ['info', 'INFO'],
    ['warn', 'WARNING'],
    ['error', 'ERROR'],
  ] as const)('of level %s has severity %s', (level, severity) => {
    expect(lineOf({ ...LINE, level }, { level: 'debug' })['severity']).toBe(severity);
  });

  it.each([
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
  ] as const)('is written from level %s on', (level, count) => {
    const text = writtenBy(() => {
      const log = createLog({ ...CONFIG, level });
      for (const written of ['debug', 'info', 'warn', 'error'] as const) log({ ...LINE, level: written });
    });
    expect(text.split('\n').length - 1).toBe(count);
  });

  it('is written at every level where it says so', () => {
    expect(lineOf({ ...LINE, always: true }, { level: 'error' })['severity']).toBe('INFO');
  });

  it('has the bare trace where the project is not known', () => {
    const trace = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: false };
    const line = lineOf({ ...LINE, trace }, { project: undefined });
    expect(line).toMatchObject({
      'logging.googleapis.com/trace': '0af7651916cd43dd8448eb211c80319c',
      'logging.googleapis.com/trace_sampled': false,
    });
  });

  it('has a time of its own and an insert id of its own where it is given none', () => {
    const [first, second] = [lineOf(LINE), lineOf(LINE)];
    expect(first['timestamp']).toEqual({ seconds: expect.any(Number), nanos: expect.any(Number) });
    expect(first['logging.googleapis.com/insertId']).not.toEqual(second['logging.googleapis.com/insertId']);
  });

  it('has no time where it is told to have none', () => {
    const line = lineOf({ ...LINE, timestamp: null, insertId: 'id' });
    expect(line).not.toHaveProperty('timestamp');
    expect(line).toMatchObject({ metadata: LINE.metadata, 'logging.googleapis.com/insertId': 'id' });
  });

  it('keeps the shape of its metadata: null stays, undefined goes, nothing is added', () => {
    const metadata = { text: 'a', none: null, absent: undefined, number: 0 };
    expect(lineOf({ ...LINE, metadata })['metadata']).toEqual({ text: 'a', none: null, number: 0 });
  });

  it('carries a stack in the message, where Error Reporting looks for it', () => {
    const line = lineOf({ ...LINE, level: 'error', message: 'A bug:', stack: 'Error: x\n    at y (z.ts:1:1)' });
    expect(line['message']).toBe('A bug: Error: x\n    at y (z.ts:1:1)');
    expect(line['metadata']).toEqual({ outcome: 'published', status: 204 });
  });

  it.each([
    ['a line break and a forged line', 'x\n{"severity":"EMERGENCY"}', 'x\\u000a{"severity":"EMERGENCY"}'],
    ['terminal escapes', '\u001b[2J\u001b]0;x\u0007\u009b', '\\u001b[2J\\u001b]0;x\\u0007\\u009b'],
    ['line separators', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['text that turns around', 'a\u202eb', 'a\\u202eb'],
    ['a lone surrogate', 'a\ud800b', 'a\ud800b'],
    ['NUL', 'a\u0000b', 'a\\u0000b'],
    ['a format of winston', '%s %o %j', '%s %o %j'],
  ])('stays one line with %s in it, and shows it', (_, text, shown) => {
    const line = lineOf({ ...LINE, message: text, metadata: { incidentId: text } });
    expect(line).toMatchObject({ severity: 'INFO', message: shown, metadata: { incidentId: shown } });
  });

  it.each([
    ['a megabyte', 'x'.repeat(1024 * 1024)],
    ['a megabyte of four-byte characters', '💥'.repeat(256 * 1024)],
    ['a megabyte of what JSON escapes', '"'.repeat(1024 * 1024)],
    ['a megabyte of control characters', '\u0001'.repeat(1024 * 1024)],
  ])('keeps its limits with %s in it', (_, text) => {
    const ids = { webhookId: 'w'.repeat(256), incidentId: '"'.repeat(128), messageId: 'm'.repeat(256) };
    const trace = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', sampled: true };
    const line: LogLine = {
      ...LINE,
      message: text,
      metadata: { ...ids, reason: text },
      trace,
      insertId: 'i'.repeat(43),
    };
    for (const stack of [undefined, text]) {
      const written = writtenBy(() => createLog(CONFIG)({ ...line, ...(stack !== undefined && { stack }) }));
      expect(Buffer.byteLength(written)).toBeLessThanOrEqual(4_096);
      const { message } = JSON.parse(written) as { message: string };
      expect(message.length).toBeLessThanOrEqual(2_000);
      expect(message.length).toBeGreaterThan(100);
    }
  });

  it('is alone: the library adds none about itself', () => {
    const text = writtenBy(() => {
      const log = createLog(CONFIG);
      log(LINE);
      log(LINE);
    });
    expect(text.split('\n').length - 1).toBe(2);
  });
});
