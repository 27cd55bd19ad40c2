import { matches } from '../support/log-filter.ts';

const ENTRY = {
  severity: 'WARNING',
  timestamp: '2026-11-26T10:00:00.5Z',
  resource: { type: 'cloud_run_revision' },
  jsonPayload: { message: 'Refused (signature).', metadata: { outcome: 'rejected', status: 401, reason: null } },
};

describe('matches', () => {
  it.each([
    ['equality', 'jsonPayload.metadata.outcome="rejected"', true],
    ['equality whatever the letter case', 'jsonPayload.metadata.outcome="REJECTED"', true],
    ['equality is not a part', 'jsonPayload.metadata.outcome="reject"', false],
    ['a number', 'jsonPayload.metadata.status=401', true],
    ['a number in quotes', 'jsonPayload.metadata.status="401"', true],
    ['a comparison of numbers', 'jsonPayload.metadata.status>=400 jsonPayload.metadata.status<500', true],
    ['severities in their order', 'severity>=WARNING AND severity<ERROR', true],
    ['a higher severity', 'severity>=ERROR', false],
    ['a time that has come', 'timestamp>="2026-11-26T10:00:00Z"', true],
    ['a time ahead', 'timestamp>="2026-11-26T11:00:00+00:00"', false],
    ['a part of a text', 'jsonPayload.message:"SIGNATURE"', true],
    ['a field that is there', 'jsonPayload.metadata.outcome:*', true],
    ['a regular expression', 'jsonPayload.message=~"^Refused .signature"', true],
    ['a regular expression minds letter case', 'jsonPayload.message=~"refused"', false],
    ['a choice of values', 'jsonPayload.metadata.outcome=("published" OR "rejected")', true],
    ['a missing field', 'jsonPayload.metadata.nothing="x"', false],
    ['a missing field, negated', 'jsonPayload.metadata.nothing!="x"', false],
    ['NOT over a missing field', 'NOT jsonPayload.metadata.nothing="x"', true],
    ['a null', 'jsonPayload.metadata.reason!="x"', false],
    ['OR before AND', 'severity=ERROR AND severity=INFO OR severity=WARNING', false],
    ['terms on lines of their own', 'severity=WARNING\nresource.type="cloud_run_revision"', true],
    ['brackets', '(severity=ERROR AND severity=INFO) OR severity=WARNING', true],
  ])('reads %s', (_, filter, expected) => {
    expect(matches(filter, ENTRY)).toBe(expected);
  });

  it.each(['signature', 'severity>=LOUD', 'severity=', '(severity=INFO', 'severity=INFO)', 'a="b'])(
    'refuses %s',
    (filter) => {
      expect(() => matches(filter, ENTRY)).toThrow(/^filter: /);
    },
  );
});
