import type { Loaded, SettingSpec } from '../config/index.js';
import { SettingValue, type Setting } from '../protocol/index.js';

/** A setting as the page gets it. What is secret, and players with their passwords, never leave the server. */
export function settingView(spec: SettingSpec, { config, origins }: Loaded, waiting: boolean): Setting {
  const { key, group, kind, description, choices, minimum, maximum, live, secret, only_file } = spec;
  const { from, where } = origins.get(key) ?? { from: 'default' as const, where: undefined };
  const set = config[key];
  const shown = secret ? undefined : SettingValue.safeParse(set).data;
  const fallback = SettingValue.safeParse(spec.fallback).data;
  return {
    key,
    group,
    kind,
    description,
    choices: [...choices],
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    ...(fallback !== undefined && kind !== 'players' && { fallback }),
    ...(shown !== undefined && kind !== 'players' && { value: shown }),
    hidden: set !== undefined && (secret || (kind === 'players' && config.players.length > 0)),
    from,
    ...(where !== undefined && { where }),
    locked: only_file || from === 'environment' || from === 'file',
    live,
    waiting,
  };
}
