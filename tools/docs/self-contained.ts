/** Redoc loads its logo from a CDN; the page names Redoc in a picture of its own instead. */
const LOGO = /https:\/\/cdn\.redoc\.ly\/redoc\/logo-mini(?:-full)?\.svg/g;
const OWN_LOGO = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="12"><text y="10" font-family="sans-serif" font-size="11">Redoc</text></svg>',
)}`;
/** Nothing is loaded, whatever a later version of Redoc may want to load. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'";

/**
 * Makes a page that Redoc rendered open without a network.
 * @throws Error where Redoc has changed so much that this does not hold any longer.
 */
export function selfContained(html: string): string {
  if (!LOGO.test(html))
    throw new Error('the logo of Redoc was not found in the page: has it moved to another address?');
  const head = html.indexOf('<head>');
  if (head === -1) throw new Error('the page of Redoc has no <head>');
  const policy = `\n  <meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
  const page = html.replaceAll(LOGO, OWN_LOGO);
  return page.slice(0, head + '<head>'.length) + policy + page.slice(head + '<head>'.length);
}
