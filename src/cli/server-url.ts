import { Unset } from './failure.js';

const PORT = '8080';

/** Where the server is said to be, as `http://host:port`; what is no such address is answered with what was probably meant. */
export function serverUrl(text: string): string {
  const trimmed = text.trim();
  if (isAddress(trimmed)) return trimmed.replace(/\/+$/, '');
  const host = trimmed.replace(/^[a-z]*:?\/\//i, '');
  const guess = `http://${/:\d+/.test(host) ? host : `${host}:${PORT}`}`;
  const meant = isAddress(guess) && host !== '' ? guess : `http://tutti.local:${PORT}`;
  throw new Unset(
    `${JSON.stringify(text)} is not the address of a server: --server or TUTTI_URL is something like ${meant}`,
  );
}

function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}
