import { isAbsolute } from 'node:path';
import { hostFault } from '../base/index.js';
import type { Fault } from './problem.js';
import type { SettingSpec } from './specs.js';

const MAX_TEXT = 1024;

/** What is wrong with the form of a value whose type is right. */
export function formFaults(spec: SettingSpec, value: unknown): Fault[] {
  const { key, form, secret } = spec;
  const fault = (reason: string, suggestion: string, path: readonly PropertyKey[] = []): Fault => ({
    path,
    reason: `${key}: ${reason}.`,
    suggestion,
  });
  const each = (judge: (text: string) => readonly [string, string] | undefined): Fault[] =>
    (Array.isArray(value) ? (value as readonly string[]) : []).flatMap((text, at) => {
      const found = judge(text);
      return found ? [fault(`${JSON.stringify(text)} ${found[0]}`, found[1], [at])] : [];
    });
  if (form === 'lines') return each(lineFault);
  if (form === 'names') return each(nameFault);
  if (form === 'paths') return each(pathFault);
  if (typeof value !== 'string' || (spec.kind !== 'text' && spec.kind !== 'address')) return [];
  if (value === '') return [fault('is empty', 'Write something behind the colon, or remove the line.')];
  if (value.length > MAX_TEXT)
    return [
      fault(`is longer than ${MAX_TEXT} letters`, 'Look whether a quote is missing, or a line too much.'),
    ];
  if (/\p{Cc}/u.test(value))
    return [fault('has a line break or another control character in it', 'Write it in one line.')];
  const shown = secret ? 'the value' : JSON.stringify(value);
  const found = form === undefined ? undefined : TEXTS[form]?.(value);
  return found ? [fault(`${shown} ${found[0]}`, found[1])] : [];
}

type Judge = (text: string) => readonly [reason: string, suggestion: string] | undefined;

const TEXTS: Readonly<Record<string, Judge>> = { host: ofHost, path: pathFault, origin: originFault };

function ofHost(text: string): ReturnType<Judge> {
  const fault = hostFault(text);
  if (!fault) return undefined;
  const everywhere = /^\W*$/.test(text) ? ' 0.0.0.0 is every address of this machine.' : '';
  return [fault.reason, `${fault.suggestion}${everywhere}`];
}

/** A service begins in a folder of its own, and has another home than the person who writes its settings. */
function pathFault(text: string): ReturnType<Judge> {
  if (isAbsolute(text)) return undefined;
  if (/^[A-Za-z]:[\\/]/.test(text))
    return ['is a path of Windows', 'Write the path on this machine, such as /srv/music.'];
  if (text.startsWith('~'))
    return ['begins with ~, which is not known here', 'Write the whole path, such as /home/pi/Music.'];
  const path = text.replace(/^\.\//, '');
  const whole = /^(srv|media|mnt|home|var)\//.test(path) ? `/${path}` : `/srv/${path}`;
  return ['is no whole path', `Write the whole path, such as ${whole}.`];
}

function lineFault(text: string): ReturnType<Judge> {
  if (/^\d{1,3}$/.test(text)) return undefined;
  const number = /^gpio\s*(\d{1,3})$/i.exec(text)?.[1];
  const hint = number === undefined ? 'Write numbers of GPIOs: [5, 6, 13].' : `Write ${number}.`;
  return ['is no number of a line', hint];
}

function nameFault(text: string): ReturnType<Judge> {
  const bare = text.replace(/^[a-z]+:\/\//i, '').replace(/\/.*$/, '');
  const name = bare.replace(/:\d+$/, '');
  if (bare === text && hostFault(/^\[.*\]$/.test(name) ? name.slice(1, -1) : name) === undefined)
    return undefined;
  const better = hostFault(name) === undefined ? `Write ${name}.` : 'For example: [music.lan].';
  return ['is no name of a host', better];
}

function originFault(text: string): ReturnType<Judge> {
  if (!URL.canParse(text)) return undefined;
  const { origin, pathname, search, hash } = new URL(text);
  if (pathname === '/' && search === '' && hash === '') return undefined;
  return ['has a path, and Tutti is reached at the top of its host', `Write ${origin}.`];
}
