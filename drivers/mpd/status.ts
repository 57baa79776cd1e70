import type { Output } from '../../src/protocol/index.js';
import type { Section } from './wire.js';

export const PLAY_OPTIONS = ['random', 'repeat', 'single', 'consume'] as const;
export type PlayOption = (typeof PLAY_OPTIONS)[number];
/** `0`, `1`, and `oneshot` for some. */
export type PlayOptions = Readonly<Partial<Record<PlayOption, string>>>;

/** What `status` says. */
export interface MpdStatus {
  readonly state: 'play' | 'pause' | 'stop';
  readonly song_id: string | undefined;
  readonly next_song_id: string | undefined;
  /** Of the current song in the queue, from 0. */
  readonly position: number | undefined;
  readonly queue_length: number;
  readonly elapsed_seconds: number;
  readonly duration_seconds: number | undefined;
  /** 0..100; absent without a mixer. */
  readonly volume: number | undefined;
  /** The decoder has opened the song: sound comes. */
  readonly decoding: boolean;
  readonly error: string | undefined;
  readonly options: PlayOptions;
}

/** The same with positions in the whole song, where MPD was told to begin it later. */
export function inWhole(status: MpdStatus, skip_seconds = 0): MpdStatus {
  const { elapsed_seconds, duration_seconds } = status;
  return {
    ...status,
    elapsed_seconds: elapsed_seconds + skip_seconds,
    duration_seconds: duration_seconds === undefined ? undefined : duration_seconds + skip_seconds,
  };
}

/** What `currentsong` says. */
export interface MpdSong {
  readonly file: string;
  readonly title: string | undefined;
  readonly artist: string | undefined;
  /** Of a radio station. */
  readonly name: string | undefined;
}

/** The first value of each key. */
export function fields(section: Section): ReadonlyMap<string, string> {
  return new Map(section.pairs.toReversed());
}

function finite(text: string | undefined): number | undefined {
  const value = Number(text ?? '');
  return text !== undefined && text !== '' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

export function readStatus(section: Section): MpdStatus {
  const field = fields(section);
  const state = field.get('state');
  const volume = finite(field.get('volume'));
  const options: Partial<Record<PlayOption, string>> = {};
  for (const name of PLAY_OPTIONS) {
    const value = field.get(name);
    if (value !== undefined) options[name] = value;
  }
  return {
    state: state === 'play' || state === 'pause' ? state : 'stop',
    song_id: field.get('songid'),
    next_song_id: field.get('nextsongid'),
    position: finite(field.get('song')),
    queue_length: finite(field.get('playlistlength')) ?? 0,
    elapsed_seconds: finite(field.get('elapsed')) ?? 0,
    duration_seconds: lengthSeconds(field),
    volume: volume === undefined ? undefined : Math.min(100, volume),
    decoding: field.has('audio'),
    error: field.get('error'),
    options,
  };
}

export function readSong(section: Section): MpdSong | undefined {
  const field = fields(section);
  const file = field.get('file');
  if (file === undefined) return undefined;
  return { file, title: field.get('Title'), artist: field.get('Artist'), name: field.get('Name') };
}

/** The length of a song or of what plays; 0 means unknown to MPD. */
export function lengthSeconds(field: ReadonlyMap<string, string>): number | undefined {
  return finite(field.get('duration')) || finite(field.get('Time')) || undefined;
}

export function readOutputs(section: Section): Output[] {
  const outputs: { output_id: string; name: string; active: boolean }[] = [];
  for (const [key, value] of section.pairs) {
    if (key === 'outputid') outputs.push({ output_id: value, name: value, active: false });
    const output = outputs.at(-1);
    if (output && key === 'outputname') output.name = value;
    if (output && key === 'outputenabled') output.active = value === '1';
  }
  return outputs;
}
