import { hostname, networkInterfaces } from 'node:os';

/** Addresses of this machine now; they change with the network. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
}

/** Where a person can open the page, the best for another machine first. */
export function openUrls(host: string, port: number, secure = false): string[] {
  const url = (name: string): string =>
    `http${secure ? 's' : ''}://${name.includes(':') ? `[${name}]` : name}:${port}`;
  if (host !== '0.0.0.0' && host !== '::')
    return [url(host === '127.0.0.1' || host === '::1' ? 'localhost' : host)];
  const outside = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => address),
  );
  const label = hostname().split('.')[0] ?? '';
  // Anything may be called anything, such as (none): only what a browser takes is told.
  const isName = /^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$/i.test(label) && label.toLowerCase() !== 'localhost';
  const local = isName ? [`${label.toLowerCase()}.local`] : [];
  return [...outside, ...local, 'localhost'].map(url);
}
