import { safeName } from '../names.js';

/** Longest name in bytes: leaves room for endings that programs add while they work. */
const MOST_BYTES = 180;

/** A name from elsewhere as one that every file system takes; its extension stays. `fallback` when nothing is left. */
export function fileName(name: string, fallback = 'music'): string {
  const extension = extensionOf(name);
  const stem = extension === '' ? name : name.slice(0, -extension.length - 1);
  return safeName(stem, { fallback, maxBytes: MOST_BYTES, ...(extension !== '' && { extension }) });
}

/** What a path below a folder becomes: each part by itself. */
export function filePath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .map((part) => fileName(part, '_'))
    .join('/');
}

/** Lower case, without the dot; empty when there is none. */
export function extensionOf(name: string): string {
  return /[^.]\.([a-z0-9]{1,10})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
}

/** The name in an address: what follows the last slash, decoded. Empty when there is none. */
export function nameInUrl(url: URL): string {
  const last = url.pathname.split('/').findLast((part) => part !== '') ?? '';
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/** The name that a Content-Disposition header gives. */
export function nameInDisposition(header: string | undefined): string | undefined {
  if (header === undefined || header.length > 1000) return undefined;
  const [, coded] = /(?:^|;)\s*filename\*\s*=\s*utf-8''([^;\s]+)/i.exec(header) ?? [];
  if (coded !== undefined) {
    try {
      return decodeURIComponent(coded);
    } catch {
      return undefined;
    }
  }
  const [, quoted, bare] = /(?:^|;)\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(header) ?? [];
  return quoted?.replace(/\\(.)/g, '$1') ?? bare;
}
