import { escapeControls } from '../../shared/escape-controls.ts';

it.each([
  ['a\u001b[31mb', 'a\\u001b[31mb'],
  ['a\r\nb\tc\0', 'a\\u000d\\u000ab\\u0009c\\u0000'],
  ['\u007f\u0080\u009b31m\u009f', '\\u007f\\u0080\\u009b31m\\u009f'],
  ['\u202eevil\u2066\u2028', '\\u202eevil\\u2066\\u2028'],
  ['a\u{e0041}\u00adb', 'a\\u{e0041}\\u00adb'],
  ['é ▶ 漢字 😀 C:\\dir', 'é ▶ 漢字 😀 C:\\dir'],
])('escapes what a terminal or a viewer would interpret in %j', (text, shown) => {
  expect(escapeControls(text)).toBe(shown);
});
