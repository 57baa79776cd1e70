import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { DRIVERS, SnapcastOptions } from '../../drivers/index.js';
import { AppError, nearest, systemClock, toError, placeNamed } from '../base/index.js';
import { busAddress } from '../bus/index.js';
import type { Fault, Judges, TogetherFault } from '../config/index.js';
import { AddressGuard } from '../net/index.js';
import { readTemplate } from '../pipeline/index.js';
import { configuredPlayerFaults, type PlayerKind } from '../players/index.js';
import { Proxies } from '../server/index.js';

/** What players of each kind are told who are named by hand. Satellites name themselves. */
const PLAYER_KINDS: readonly PlayerKind[] = [...DRIVERS, { kind: 'snapcast', options: SnapcastOptions }];

const TEMPLATE_FIELDS =
  "Write fields such as {album_artist}, {album}, {year}, {disc}, {track} and {title}: '{album_artist}/{album}/{track} {title}'";

/** What drivers and other parts know of settings that have the right form, so that a wrong one is refused before anything goes by it. */
export function settingJudges(kinds: readonly PlayerKind[] = PLAYER_KINDS): Judges {
  return {
    players: (players) => configuredPlayerFaults(kinds, players),
    path_template: (text) =>
      thrownBy(() => readTemplate(text)).map((fault) => ({ ...fault, suggestion: TEMPLATE_FIELDS })),
    trusted_proxies: (list) => ofEach(list, NETWORKS, (text) => new Proxies([text])),
    allow_private_addresses: (list) =>
      ofEach(list, NETWORKS, (text) => new AddressGuard({ clock: systemClock, allow: [text] })),
    bus: (text) => thrownBy(() => busAddress(text)),
    time_zone: placeFaults,
    allowed_origins: (list) => list.flatMap(originFaults),
  };
}

/** The same where the server runs or shall run: files that it needs are looked at too. */
export function judgesHere(): Judges {
  return {
    ...settingJudges(),
    tls_cert: (path) => pemFaults('tls_cert', path),
    tls_key: (path) => pemFaults('tls_key', path),
    together: (values) => pairFaults(values.get('tls_cert'), values.get('tls_key')),
  };
}

const NETWORKS = 'For example: [127.0.0.1, 10.0.0.0/8]';

function ofEach(list: readonly string[], suggestion: string, look: (text: string) => unknown): Fault[] {
  return list.flatMap((text, at) =>
    thrownBy(() => look(text)).map((fault) => ({ ...fault, path: [at], suggestion })),
  );
}

/** A certificate that cannot be read would keep the next start from happening. */
function pemFaults(key: string, path: string): Fault[] {
  const fault = (reason: string, suggestion: string): Fault[] => [
    { path: [], reason: `${key}: ${path} ${reason}.`, suggestion },
  ];
  try {
    if (readFileSync(path, 'latin1').includes('-----BEGIN ')) return [];
    return fault('is no PEM file', 'PEM is text and begins with -----BEGIN.');
  } catch (error) {
    const { code, message } = toError(error) as NodeJS.ErrnoException;
    if (code === 'ENOENT') return fault('is not there', 'Write where it is, or remove tls_cert and tls_key.');
    if (code === 'EISDIR') return fault('is a folder', 'Name the file in it.');
    if (code === 'EACCES') {
      const rights = `Let the user that Tutti runs as read it: sudo chgrp tutti ${path} && sudo chmod g+r ${path}`;
      return fault('may not be read', rights);
    }
    return fault(`cannot be read (${message})`, 'Look at the file.');
  }
}

/** A browser says where a page is from as http://… or https://…, and nothing else can ever match it. */
function originFaults(text: string, at: number): Fault[] {
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return [];
  const bare = text.replace(/^[a-z]*:?\/\//i, '');
  const meant =
    /^[\w.-]+(:\d+)?$/.test(bare) && URL.canParse(`http://${bare}`) ? `http://${bare}` : undefined;
  const suggestion =
    meant === undefined ? 'For example: allowed_origins: [https://home.example]' : `Did you mean ${meant}?`;
  return [{ path: [at], reason: `allowed_origins: ${JSON.stringify(text)} is no web address.`, suggestion }];
}

function placeFaults(name: string): Fault[] {
  if (placeNamed(name) !== undefined) return [];
  const zones = Intl.supportedValuesOf('timeZone');
  const place = name.trim().replaceAll(' ', '_').toLowerCase();
  const meant = zones.find((zone) => zone.toLowerCase().endsWith(`/${place}`)) ?? nearest(name, zones);
  const suggestion = `${meant === undefined ? 'For example' : 'Did you mean'}: time_zone: ${meant ?? 'Europe/Berlin'}`;
  return [{ path: [], reason: `time_zone: there is no time zone ${JSON.stringify(name)}.`, suggestion }];
}

/** A certificate and the key of another one, or the two of them swapped. */
function pairFaults(cert: unknown, key: unknown): TogetherFault[] {
  if (typeof cert !== 'string' || typeof key !== 'string') return [];
  try {
    createSecureContext({ cert: readFileSync(cert), key: readFileSync(key) });
    return [];
  } catch (error) {
    const { message } = toError(error);
    if (/mismatch/i.test(message))
      return [{ key: 'tls_key', reason: 'tls_key: it is the key of another certificate than tls_cert.' }];
    if (/passphrase|password|decrypt|interrupted/i.test(message))
      return [
        {
          key: 'tls_key',
          reason: 'tls_key: the key is locked with a passphrase.',
          suggestion: `Unlock it: openssl pkey -in ${key} -out unlocked.pem`,
        },
      ];
    return [
      {
        key: 'tls_cert',
        reason: 'tls_cert: no certificate and key are in these files.',
        suggestion: 'tls_cert is the certificate and tls_key its key: look whether they are swapped.',
      },
    ];
  }
}

function thrownBy(look: () => unknown): Fault[] {
  try {
    look();
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [{ path: [], reason: `${error.message}.` }];
  }
}
