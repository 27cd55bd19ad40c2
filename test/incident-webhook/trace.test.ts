import { parseTraceparent, traceOf } from '../../shared/trace.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

it.each([
  ['a sampled one', `00-${TRACE}-${SPAN}-01`, { traceId: TRACE, spanId: SPAN, sampled: true }],
  ['one that is not sampled', `00-${TRACE}-${SPAN}-00`, { traceId: TRACE, spanId: SPAN, sampled: false }],
  ['a later version', `01-${TRACE}-${SPAN}-03`, { traceId: TRACE, spanId: SPAN, sampled: true }],
  ['the version that is forbidden', `ff-${TRACE}-${SPAN}-01`, undefined],
  ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`, undefined],
  ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
  ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`, undefined],
  ['more behind it', `00-${TRACE}-${SPAN}-01-x`, undefined],
  ['a newline behind it', `00-${TRACE}-${SPAN}-01\n`, undefined],
  ['two of them', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`, undefined],
  ['nothing', undefined, undefined],
])('reads a traceparent: %s', (_name, text, expected) => {
  expect(parseTraceparent(text)).toEqual(expected);
});

it.each([
  ['its own', `${TRACE}/1;o=1`, { traceId: TRACE, spanId: '0000000000000001', sampled: true }],
  ['the largest span', `${TRACE}/18446744073709551615`, { traceId: TRACE, spanId: 'f'.repeat(16), sampled: false }],
  ['no span', TRACE, undefined],
  ['another form', 'x', undefined],
])("reads Google's older header: %s", (_name, text, expected) => {
  expect(traceOf({ 'x-cloud-trace-context': text })).toEqual(expected);
});

it('prefers traceparent where it is right', () => {
  const older = { 'x-cloud-trace-context': `${'a'.repeat(32)}/1` };
  expect(traceOf({ ...older, traceparent: `00-${TRACE}-${SPAN}-01` })?.traceId).toBe(TRACE);
  expect(traceOf({ ...older, traceparent: 'x' })?.traceId).toBe('a'.repeat(32));
});
