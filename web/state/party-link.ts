import { hrefOf } from './route.js';

/** A link that lets others in, and whether other phones can follow it. */
export interface Invitation {
  readonly url: string;
  /** This page was opened at an address that only this machine understands. */
  readonly local: boolean;
}

/** `here` is the address of this page: who can reach it, can reach the party. The invitation is in the fragment, which no server sees. */
export function invitationTo(here: string, id: string, invite: string): Invitation {
  return linkAt(here, hrefOf({ view: 'join', id, invite }));
}

/** A path that the server made, such as `/#/invite/…`, at the address of this page. */
export function linkAt(here: string, path: string): Invitation {
  const url = new URL(path.replace(/^\/(?=#)/, ''), here);
  url.search = '';
  return { url: url.href, local: isLoopback(url.hostname) };
}

function isLoopback(hostname: string): boolean {
  return (
    /^127(\.\d+){3}$/.test(hostname) ||
    ['localhost', '[::1]', '0.0.0.0'].includes(hostname) ||
    hostname.endsWith('.localhost')
  );
}

/** Dark modules of a QR code as one SVG path, one unit each, runs joined. */
export function modulesPath(rows: readonly (readonly boolean[])[]): string {
  let path = '';
  for (const [y, row] of rows.entries())
    for (let x = 0; x < row.length; x++) {
      const from = x;
      while (row[x]) x++;
      if (x > from) path += `M${from} ${y}h${x - from}v1h${from - x}z`;
    }
  return path;
}
