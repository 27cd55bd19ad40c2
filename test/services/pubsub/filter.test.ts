import { compileFilter } from '../../../tools/services/pubsub/filter.ts';

const MESSAGE = { status: 'live', region: 'eu-west', 'iana.org/lang': 'en', quote: 'a"b\\c' };

it.each([
  ['', true],
  ['attributes:status', true],
  ['attributes:missing', false],
  ['attributes.status = "live"', true],
  ['attributes.status="triage"', false],
  ['attributes.status != "live"', false],
  ['attributes.status != "triage"', true],
  ['attributes.missing != "x"', true],
  ['hasPrefix(attributes.region, "eu-")', true],
  ['hasPrefix(attributes.region, "us-")', false],
  ['hasPrefix(attributes.missing, "")', false],
  ['NOT attributes:status', false],
  ['-attributes:missing', true],
  ['NOT NOT attributes:status', true],
  ['attributes:status AND attributes:missing', false],
  ['attributes:status OR attributes:missing', true],
  ['NOT attributes:missing AND attributes:status', true],
  ['attributes:missing AND (attributes:missing OR attributes:status)', false],
  ['(attributes:missing AND attributes:missing) OR attributes:status', true],
  ['attributes:"iana.org/lang"', true],
  ['attributes."iana.org/lang" = "en"', true],
  ['attributes.quote = "a\\"b\\\\c"', true],
  ['attributes.region = "\\u0065u\\x2dwest"', true],
  ['attributes:toString', false],
])('%s', (filter, passes) => {
  expect(compileFilter(filter)(MESSAGE)).toBe(passes);
});

it.each([
  'status = "live"',
  'attributes.status',
  'attributes.status = live',
  'attributes.status = "live',
  'attributes:status AND',
  'attributes:a AND attributes:b OR attributes:c',
  '(attributes:status',
  'attributes:status)',
  'attributes:status attributes:region',
  'hasPrefix(attributes.region)',
  'attributes.a > "b"',
  `attributes.a = "${'x'.repeat(256)}"`,
])('refuses %s', (filter) => {
  expect(() => compileFilter(filter)).toThrow(/^Invalid filter given/);
});

it('says what a filter lacks', () => {
  expect(() => compileFilter('attributes:a AND attributes:b OR attributes:c')).toThrow(
    'expected parentheses around mixed AND and OR, found OR.',
  );
});
