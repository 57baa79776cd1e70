import { AppError } from '../base/index.js';

/** Where a Redis is: `redis://` or `rediss://` with user, password and database, or the path of a unix socket. */
export interface BusAddress {
  /** For logs: without user and password. */
  readonly shown: string;
  readonly path?: string;
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls?: boolean;
}

/** Throws ERR_INVALID for what is no address; the message never repeats it, it may hold a password. */
export function busAddress(text: string): BusAddress {
  if (text.startsWith('/')) return { shown: text, path: text };
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length).replace(/^\/\/(?=\/)/, '');
    if (path.startsWith('/')) return { shown: path, path };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '')
    throw new AppError(
      'ERR_INVALID',
      'bus: redis://host:port, rediss://host:port or the path of a unix socket is expected',
    );
  const db = /^\/(\d{1,4})$/.exec(url.pathname)?.[1];
  if (url.pathname !== '' && url.pathname !== '/' && db === undefined)
    throw new AppError('ERR_INVALID', 'bus: after the host comes nothing, or the number of a database');
  const port = url.port === '' ? 6379 : Number(url.port);
  return {
    shown: `${url.protocol}//${url.hostname}:${port}`,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    ...(url.username !== '' && { username: decodeURIComponent(url.username) }),
    ...(url.password !== '' && { password: decodeURIComponent(url.password) }),
    ...(db !== undefined && { db: Number(db) }),
    ...(url.protocol === 'rediss:' && { tls: true }),
  };
}
