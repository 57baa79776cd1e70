export interface PlayerAddress {
  readonly host: string;
  /** As written, or absent. */
  readonly port?: string;
}

/** Host and port of what people write or paste: `host`, `host:port`, `[::1]:6600`, `::1`, `mpd://host:port/`. */
export function splitAddress(text: string): PlayerAddress {
  const plain = text
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/\/+$/, '');
  const parts = /^\[([^\]]*)\](?::(\d+))?$/.exec(plain) ?? /^([^:]*):(\d*)$/.exec(plain);
  if (!parts) return { host: plain };
  const [, host = '', port = ''] = parts;
  return { host, ...(port === '' ? {} : { port }) };
}

/** What is wrong with a port, in words; undefined when nothing is. Empty = the usual one. */
export function portProblem(port: string): string | undefined {
  if (port === '' || (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535))
    return undefined;
  return 'A port is a number from 1 to 65535';
}
