import { renderUnicodeCompact } from 'uqr';

export interface Greeting {
  /** Addresses of the page, the best for another machine first. */
  readonly urls: readonly string[];
  readonly host: string;
  readonly auth: 'open' | 'required';
  readonly notices: readonly { readonly message: string }[];
  /** The path that makes the first admin; undefined: there is one, or nobody has to sign in. */
  readonly firstLink: string | undefined;
  /** Where this is read. What goes to a log must not hold a link that lets people in. */
  readonly place: Place;
}

export type Place = 'terminal' | 'pipe' | 'log';

/** What the server says when it has started. */
export function greeting({ urls, host, auth, notices, firstLink, place }: Greeting): string {
  const lines = ['', '  Tutti is playing at', ...urls.map((url) => `    ${url}`)];
  if (isLoopback(host)) lines.push('', ...onlyHere(auth));
  if (firstLink !== undefined) {
    lines.push('', '  Nobody is its admin yet. This link makes you the one, once and within an hour:', '');
    if (place === 'log') lines.push('    run on this machine: tutti sign-in-link');
    else lines.push(...linkLines(urls, firstLink, place));
  }
  for (const { message } of notices) lines.push('', `  Note: ${message}`);
  return [...lines, ''].join('\n');
}

/** A link at every address of the server, and as QR code at the first that a phone can open. */
export function linkLines(urls: readonly string[], path: string, place: Place): string[] {
  const links = urls.map((url) => `    ${url}${path}`);
  const best = urls.find((url) => !isLoopback(new URL(url).hostname));
  if (best === undefined || place === 'log') return links;
  return [...links, '', ...qrLines(`${best}${path}`, place === 'terminal')];
}

/** Light parts are drawn as blocks. In a terminal they are white on black whatever its colours: some cameras read nothing else. */
function qrLines(text: string, coloured: boolean): string[] {
  const rows = renderUnicodeCompact(text, { ecc: 'L', border: 2 }).split('\n');
  return rows.map((row) => (coloured ? `    \u001b[97;40m${row}\u001b[0m` : `    ${row}`));
}

function onlyHere(auth: Greeting['auth']): string[] {
  const warning = auth === 'open' ? ' (nobody has to sign in, so only on a network you trust)' : '';
  return [`  Only this machine can open it. To let phones in${warning}:`, '    TUTTI_HOST=0.0.0.0 npm start'];
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\..*|\[?::1\]?)$/.test(host);
}
