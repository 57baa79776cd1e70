import { isDeepStrictEqual } from 'node:util';
import { BadSettings } from './problem.js';
import type { Config } from './schema.js';
import type { Loaded } from './load.js';

/** Where a server is reached. */
export const ADDRESS_KEYS = ['host', 'port', 'tls_cert', 'tls_key'] as const;
/** Under another one nothing of this house is found. */
export const PLACE_KEYS = ['data_dir'] as const;

/** Where a program of this machine reaches a server that listens so. */
export function urlHere({ host, port, tls_cert }: Pick<Config, 'host' | 'port' | 'tls_cert'>): string {
  const everywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const name = everywhere[host] ?? host;
  return `http${tls_cert === undefined ? '' : 's'}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

type Key = (typeof ADDRESS_KEYS)[number] | (typeof PLACE_KEYS)[number];

/**
 * Why settings from elsewhere, as a backup has them, are not to be gone by here: they have a fault, or one of these keys has another value
 * than now. Half a sentence for people.
 */
export function whyNotHere(
  read: () => Loaded,
  now: Partial<Pick<Config, Key>>,
  keys: readonly Key[],
): string | undefined {
  try {
    const { config } = read();
    const key = keys.find((one) => !isDeepStrictEqual(config[one], now[one]));
    return key && `it says ${key}: ${said(config[key])}, and here it is ${said(now[key])}`;
  } catch (error) {
    if (!(error instanceof BadSettings)) throw error;
    const [problem] = error.problems;
    const line = /:(\d+)(:\d+)?$/.exec(problem?.where ?? '')?.[1];
    const where = line === undefined ? '' : `in line ${line}, `;
    return `it cannot be used here (${where}${problem?.reason.replace(/\.$/, '') ?? ''})`;
  }
}

const said = (value: string | number | undefined): string =>
  value === undefined ? 'not set' : String(value);
