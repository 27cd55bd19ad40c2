import { GRACE } from '../../tools/events/push.ts';
import { authentication, dataRow, message, rowDescription, type Spoil } from '../support/fake-postgres.ts';

/** In whatever the server sends as text: it is not for the log. */
export const MARK = 'what-the-server-said';
/** The row of somebody who holds the role. */
export const ROW = [GRACE.slackUserId, 'grace@example.com', '{AlanToolsBackendIamManager}'];
const ZEROS = Buffer.alloc(1_000);
const ZERO_LENGTH = message('S', Buffer.alloc(0), 0);
const COMPLETE = message('C', Buffer.from('SELECT 1\0'));
const rowWith = (roles: string): Buffer => dataRow([...ROW.slice(0, 2), roles]);
const UNKNOWN_AUTHENTICATION = authentication(99);

export const always =
  (bytes: Buffer): Spoil =>
  () =>
    bytes;
const before =
  (bytes: Buffer): Spoil =>
  (good) =>
    Buffer.concat([bytes, good]);
/** In place of the rows. */
export const rows = (...messages: Buffer[]): Spoil =>
  always(Buffer.concat([message('1'), message('2'), ...messages, COMPLETE, message('Z', Buffer.from('I'))]));

/** What breaks the protocol wherever it comes. */
export const ANYWHERE: Record<string, Spoil> = {
  'a length of 0': before(ZERO_LENGTH),
  'a length of 3': before(message('S', Buffer.alloc(0), 3)),
  'a length of -1': before(message('S', Buffer.alloc(0), -1)),
  'the least length': before(message('S', Buffer.alloc(0), -0x80000000)),
  'another protocol': always(Buffer.from(`HTTP/1.1 400 Bad Request\r\n\r\n${MARK}`)),
  zeros: always(ZEROS),
  'an error without fields': always(message('E', Buffer.from([0]))),
  'an error without the end of its fields': always(message('E', Buffer.from('SFATAL\0C57P01'))),
  'an error whose length cuts it off': always(Buffer.concat([message('E', Buffer.from('SFATAL\0'), 9), ZEROS])),
  'a notice without the end of its fields': before(message('N', Buffer.from('SNOTICE\0C'))),
  'an error that is cut off': always(message('E', Buffer.from(`SFATAL\0M${MARK}`))),
  'a notice that is cut off': always(message('N', Buffer.from(`SNOTICE\0M${MARK}`))),
  'an error with an unknown code': always(message('E', Buffer.from(`SFATAL\0CXX999\0M${MARK}\0\0`))),
};

/** What breaks it before a look-up. */
export const AT_THE_START: Record<string, Spoil> = {
  'an unknown authentication': always(UNKNOWN_AUTHENTICATION),
  'authentication by Kerberos': always(authentication(2)),
  'authentication by GSSAPI': always(authentication(7)),
  'authentication by SSPI': always(authentication(9)),
  'SASL without a known mechanism': always(authentication(10, 'NOBODY-KNOWS\0\0')),
  'SASL without an end of its list': always(authentication(10, 'SCRAM-SHA-256')),
  'SASL that goes on before it began': always(authentication(11, 'r=x,s=x,i=1')),
  'SASL that ends before it began': always(authentication(12, 'v=x')),
  'MD5 without its salt': always(authentication(5)),
  'authentication without a kind': always(message('R')),
  'a key without its number': before(message('K', Buffer.from([0]))),
  'a row': before(dataRow(ROW)),
};

/** What breaks it in the answer to a look-up. */
export const AT_A_LOOK_UP: Record<string, Spoil> = {
  'a row without its description': rows(dataRow(ROW)),
  'a row of more fields than described': rows(rowDescription(), dataRow([...ROW, MARK])),
  'a row of fewer fields': rows(rowDescription(), dataRow(ROW.slice(0, 1))),
  'a row that ends too soon': rows(rowDescription(), message('D', Buffer.from([0, 3, 0, 0, 0, 9, 65]))),
  'a field of a length below -1': rows(rowDescription(), message('D', Buffer.from([0, 3, 255, 255, 255, 0, 65]))),
  'a description that ends too soon': rows(message('T', Buffer.from([0, 9, 65])), dataRow(ROW)),
  'other columns': rows(rowDescription(['a', 'b', 'c']), dataRow(ROW)),
  ...Object.fromEntries(
    [
      '{"',
      '',
      'x',
      '[]',
      'AlanToolsBackendIamManager',
      '["AlanToolsBackendIamManager"]',
      '{a}b',
      '{a,}',
      '{{a}}',
      '{a',
    ].map((roles) => [`roles that are not an array: ${roles}`, rows(rowDescription(), rowWith(roles))]),
  ),
  'a row without its roles': rows(rowDescription(), dataRow(ROW.slice(0, 2))),
  'text said to be binary': rows(rowDescription(undefined, 1), dataRow(ROW)),
  'two results': rows(rowDescription(), dataRow(ROW), COMPLETE, rowDescription(), dataRow(ROW)),
  'two ends of a result': rows(rowDescription(), dataRow(ROW), COMPLETE),
  'an empty result before the right one': rows(message('C', Buffer.from('SET\0')), rowDescription(), dataRow(ROW)),
  'a request to copy in': always(message('G', Buffer.from([0, 0, 0]))),
  'authentication again': always(authentication(3)),
};
