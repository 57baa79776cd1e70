import { settingTitle } from '../../src/protocol/setting-titles.js';
import type { Setting, SettingValue } from '../../src/protocol/settings.js';

/** What it is for, as a sentence. */
export function purposeOf({ description }: Pick<Setting, 'description'>): string {
  const words = description.replace(/`([a-z_]+)`/g, (_, key: string) => `“${settingTitle(key)}”`);
  return `${words.charAt(0).toUpperCase()}${words.slice(1).replace(/[.…]?$/, '.')}`;
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
  const text =
    `${setting.key} ${settingTitle(setting.key)} ${setting.group} ${setting.description}`.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
