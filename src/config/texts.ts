import { stringify } from 'yaml';
import { exampleOf } from './judge.js';
import { GROUP_NAMES, SPECS, type SettingSpec } from './specs.js';

const WIDTH = 100;

const HEAD = [
  'Environment variables win over this file, this file wins over what is set on the page under Settings, and that',
  'wins over defaults. `tutti config check` says what is wrong with it and where each value comes from. A running',
  'server sees changes by itself: what counts at once does, the rest waits for the next start. A file with a fault is',
  'refused as a whole, and the server goes on as before.',
  'Made from the schema by `npm run config`; a test keeps it current.',
].join(' ');

/** Players of each kind that is told where it is. Snapclients and satellites come to the server by themselves. */
const PLAYERS = `players:
- { kind: mpd, name: Kitchen, host: 192.168.1.20, port: 6600 }
- { kind: chromecast, name: Bedroom, host: 192.168.1.21, port: 8009 }
- { kind: snapserver, name: Bath, host: 192.168.1.22, port: 1705, client_id: 'b8:27:eb:00:00:01' }
- { kind: snapcast, name: Hall, client_id: 'b8:27:eb:00:00:02' }
- { kind: local, name: Living room, output: auto }`;

/** Every setting with its default. What has none stands behind a #. */
export function defaultText(): string {
  const head = `Every setting of Tutti with its default. ${HEAD}`;
  return whole(head, ({ key, fallback, ...spec }) =>
    fallback === undefined
      ? behindSigns(`${key}: ${exampleOf({ key, fallback, ...spec })}`)
      : stringify({ [key]: fallback }).trimEnd(),
  );
}

/** An example of every setting, all of them behind a #: one takes it away before what one wants. */
export function exampleText(): string {
  const head = `Settings of Tutti by example: take away the # before what you want, and leave out the rest. ${HEAD}`;
  return whole(head, (spec) =>
    behindSigns(spec.kind === 'players' ? PLAYERS : `${spec.key}: ${exampleOf(spec)}`),
  );
}

/** Settings stand behind `#` without a space, words behind `# `. */
const behindSigns = (text: string): string => text.replaceAll(/^/gm, '#');

function whole(head: string, line: (spec: SettingSpec) => string): string {
  const blocks = GROUP_NAMES.flatMap((group) => {
    const settings = SPECS.filter((spec) => spec.group === group);
    if (settings.length === 0) return [];
    const title = `# ${'-'.repeat(8)} ${group} ${'-'.repeat(WIDTH - 12 - group.length)}`;
    return [title, ...settings.map((spec) => `${remark(wordsOf(spec))}\n${line(spec)}`)];
  });
  return `${[remark(head), ...blocks].join('\n\n')}\n`;
}

function wordsOf({ description, variable, live, choices, minimum, maximum, kind }: SettingSpec): string {
  const text = description.charAt(0).toUpperCase() + description.slice(1);
  const known = choices.length > 0 ? ` One of: ${choices.join(', ')}.` : '';
  const range = minimum !== undefined && maximum !== undefined ? ` From ${minimum} to ${maximum}.` : '';
  const list = kind === 'list' ? ', with commas' : '';
  const when = live ? 'Counts at once.' : 'Counts from the next start.';
  return `${text.replace(/[.…]?$/, '.')}${known}${range} ${when} Environment: ${variable}${list}.`;
}

function remark(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last.length + word.length + 3 > WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.map((line) => `# ${line}`).join('\n');
}
