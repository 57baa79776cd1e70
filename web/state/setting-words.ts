import type { Setting, SettingValue } from '../../src/protocol/settings.js';

/** Titles of what people set on the page; others are called by their key. */
const TITLES: Readonly<Record<string, string>> = {
  music_dir: 'Music folder',
  watch: 'Notice new music at once',
  import_dir: 'Watch folder for imports',
  import_keep: 'Leave imported music where it lay',
  import_by_tags: 'Import by tags alone',
  musicbrainz_url: 'Address of MusicBrainz',
  musicbrainz_contact: 'Your address for MusicBrainz',
  musicbrainz_rate_ms: 'Pause between questions to MusicBrainz',
  path_template: 'Names of files and folders',
  trash_days: 'Days in the trash',
  space_reserve_mb: 'Space kept free (MB)',
  download_max_mb: 'Largest download (MB)',
  download_max_minutes: 'Longest download (minutes)',
  mdns: 'Find players by themselves',
  local_output: 'Play on this machine',
  snapcast: 'Serve snapclients',
  mpd_port: 'First MPD port of rooms',
  snapcast_host: 'Address for snapclients',
  snapcast_port: 'Port for snapclients',
  snapcast_buffer_ms: 'Sound that snapclients hold (ms)',
  snapcast_codec: 'How sound goes to snapclients',
  players: 'Players by hand',
  inputs: 'Listen to remotes and knobs',
  gpio_amplifier: 'Line of the amplifier',
  gpio_amplifier_inverted: 'Amplifier is on at 0 V',
  gpio_amplifier_off_s: 'Amplifier stays on (seconds)',
  gpio_led: 'Line of the LED',
  gpio_led_inverted: 'LED is on at 0 V',
  gpio_buttons: 'Lines of the buttons',
  gpio_room: 'Room of amplifier and LED',
  export_dirs: 'Folders for exports',
  data_dir: 'Data folder',
  log_level: 'What is logged',
};

export function titleOf({ key }: Pick<Setting, 'key'>): string {
  if (Object.hasOwn(TITLES, key)) return TITLES[key]!;
  const words = key
    .replaceAll('_', ' ')
    .replace(/\b(?:gpio|mpd|tls|url|ip|led)\b/g, (name) => name.toUpperCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What it is for, as a sentence. */
export function purposeOf({ description }: Pick<Setting, 'description'>): string {
  return `${description.charAt(0).toUpperCase()}${description.slice(1).replace(/[.…]?$/, '.')}`;
}

/** What it is set to, for people. */
export function valueWords({ value, hidden, kind }: Setting): string {
  if (hidden) return kind === 'players' ? 'Set, in the config file' : 'Set, and not shown';
  return value === undefined ? 'Not set' : wordsOf(value);
}

export function wordsOf(value: SettingValue): string {
  if (typeof value === 'boolean') return value ? 'On' : 'Off';
  if (Array.isArray(value)) return value.length === 0 ? 'None' : value.join(', ');
  return value === '' ? 'Not set' : String(value);
}

/** Who set it, and when a change counts. */
export function originWords({ from, where, locked, live }: Setting): string {
  const when = live ? 'A change counts at once' : 'A change counts from the next start';
  if (from === 'environment') return `Fixed by ${where ?? 'the environment'}`;
  if (from === 'file') return `Fixed by ${where ?? 'the config file'}`;
  if (locked) return 'Set in the config file only';
  return from === 'page' ? `Set here. ${when}` : `As by default. ${when}`;
}

/** What a field is filled with. */
export function asText(value: SettingValue | undefined): string {
  if (value === undefined) return '';
  return Array.isArray(value) ? value.join(', ') : String(value);
}

/**
 * What somebody wrote in a field, as the server takes it; `default` for nothing at all, and a text when it is not what it should be, with the
 * reason.
 */
export function fromText(
  { kind, minimum, maximum, fallback }: Pick<Setting, 'kind' | 'minimum' | 'maximum' | 'fallback'>,
  text: string,
): { readonly value: SettingValue } | { readonly problem: string } | 'default' {
  const plain = text.trim();
  if (kind === 'list')
    return {
      value: plain
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean),
    };
  if (plain === '' && (kind !== 'number' || fallback === undefined)) return 'default';
  if (kind !== 'number') return { value: plain };
  const number = Number(plain.replace(',', '.'));
  const range = minimum === undefined || maximum === undefined ? '' : ` from ${minimum} to ${maximum}`;
  const fits = number >= (minimum ?? -Infinity) && number <= (maximum ?? Infinity);
  return plain !== '' && fits ? { value: number } : { problem: `A number${range} is needed` };
}

/** Why the server did not take it, for who sees no config file: without key, quotes and brackets. */
export function refusalWords(key: string, said: string): string {
  const words = said
    .replace(new RegExp(`\\b${key}: `, 'gi'), '')
    .replace(/(^|\s)'([^']+)'/g, '$1$2')
    .replace(/(^|\s)\[([^\]]*)\]/g, '$1$2');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Whether somebody who searches for these words means it. */
export function matches(setting: Setting, query: string): boolean {
  const text = `${setting.key} ${titleOf(setting)} ${setting.group} ${setting.description}`.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
