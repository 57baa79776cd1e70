import type { Role, Scope } from '../../src/protocol/access.js';
import type { Invitation } from '../../src/protocol/people.js';
import { count } from './format.js';

export const ROLE_WORDS: Readonly<Record<Role, string>> = {
  admin: 'Manages Tutti',
  user: 'May do everything but manage',
  guest: 'Guest',
  device: 'Program',
};

export const SCOPE_WORDS: Readonly<Record<Scope, string>> = {
  read: 'See what plays and the music',
  control: 'Play, volume, queues and playlists',
  admin: 'Manage everything',
  metrics: 'Read the metrics',
  satellite: 'Offer outputs of another machine',
};

const BROWSERS = [
  [/\bEdg/, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/SamsungBrowser/, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/(?:Chrome|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
] as const;
const SYSTEMS = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Macintosh/, 'Mac'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
] as const;

/** `Chrome on Android`; what a program calls itself, cut short, when it is no browser that we know. */
export function agentWords(agent: string): string {
  const found = (list: readonly (readonly [RegExp, string])[]): string | undefined =>
    list.find(([pattern]) => pattern.test(agent))?.[1];
  const [browser, system] = [found(BROWSERS), found(SYSTEMS)];
  if (browser !== undefined) return system === undefined ? browser : `${browser} on ${system}`;
  return agent === '' ? 'Unknown program' : (agent.split(/[/ (]/)[0]?.slice(0, 40) ?? agent);
}

/** `in 20 min`, `in 5 h`, `in 3 days`. */
export function until(timestamp: string, nowMs: number): string {
  const minutes = Math.max(0, Math.ceil((Date.parse(timestamp) - nowMs) / 60_000));
  if (minutes < 60) return `in ${minutes} min`;
  if (minutes < 48 * 60) return `in ${Math.round(minutes / 60)} h`;
  return `in ${count(Math.round(minutes / (24 * 60)), 'day')}`;
}

/** `3 of 20 are in · ends in 4 h`. */
export function invitationWords({ uses, max_uses, expires_at }: Invitation, nowMs: number): string {
  return `${uses} of ${max_uses} came · ends ${until(expires_at, nowMs)}`;
}

/** What a person may be. */
export const ROLES = [
  { value: 'user' as const, label: 'Uses Tutti' },
  { value: 'admin' as const, label: 'Manages it' },
];
