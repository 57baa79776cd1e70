import type { Clock } from '../../src/base/index.js';
import type { Fact } from '../../src/players/index.js';
import type { MpvClient } from './client.js';
import { entryOf, type Entry } from './mark.js';

export type PlaybackFact = Extract<Fact, { type: 'playback' }>;

/** A position that took longer to read is read again: the midpoint would be a guess. */
const GOOD_ROUND_TRIP_US = 3000;
const READ_ATTEMPTS = 3;

export interface Snapshot {
  readonly entry: Entry | undefined;
  readonly idle: boolean;
  readonly seeking: boolean;
  readonly loaded: boolean;
  readonly fact: PlaybackFact;
  /** What is heard now; negative while the end of the entry before is still to be heard, absent before the first sound. */
  readonly heard: number | undefined;
  /** By how much the position may be wrong, seconds: it was true at some moment of a round trip. */
  readonly doubt: number;
}

export interface Reader {
  readonly client: MpvClient;
  readonly clock: Clock;
  /** It is silent only because its moment has not come. */
  starting(): boolean;
}

/** Everything as it is at one moment: read again when the entry changed on the way. `told` is what was said of it last. */
export async function readSnapshot(reader: Reader, told: () => PlaybackFact | undefined): Promise<Snapshot> {
  const { client } = reader;
  for (let attempt = 1; ; attempt++) {
    const before = entryOf(await client.get('script-opts'));
    const wasStarting = reader.starting();
    const { heard, at_us, doubt } = await readHeard(reader);
    const [time, idle, paused, buffering, seeking, duration, title, options] = await Promise.all([
      client.get('time-pos'),
      client.get('idle-active'),
      client.get('pause'),
      client.get('paused-for-cache'),
      client.get('seeking'),
      client.get('duration'),
      client.get('metadata/by-key/icy-title'),
      client.get('script-opts'),
    ]);
    const entry = entryOf(options);
    if (before?.ref !== entry?.ref && attempt < READ_ATTEMPTS) continue;
    const last = told();
    const begun = entry !== undefined && entry.ref === last?.ref && last.status !== 'loading';
    const silent = heard === undefined && paused !== true;
    const loading = time === undefined || (!begun && (seeking === true || silent));
    const starting = wasStarting || reader.starting();
    const status = statusOf({ idle: idle === true, loading, paused: paused === true, starting, buffering });
    const length = entry?.live === true ? undefined : duration;
    const early = status === 'playing' ? Math.max(0, -(heard ?? 0)) : 0;
    const fact: PlaybackFact = {
      type: 'playback',
      status,
      position_seconds: Math.min(Math.max(0, heard ?? time ?? 0), length ?? Infinity),
      // The first sound may still be on its way.
      at_us: at_us + Math.round(early * 1e6),
      rate: status === 'playing' ? 1 : 0,
      ...(entry && { ref: entry.ref }),
      ...(length !== undefined && { duration_seconds: length }),
      ...(title !== undefined && title !== '' && { stream_title: title }),
    };
    return {
      entry,
      idle: idle === true,
      seeking: seeking === true,
      loaded: time !== undefined && buffering !== true,
      fact,
      heard,
      doubt,
    };
  }
}

/** `audio-pts` is what is heard now, to 0.1 ms. `time-pos` steps 20 times a second and stands in where there is no sound. */
async function readHeard({
  client,
  clock,
}: Reader): Promise<{ heard: number | undefined; at_us: number; doubt: number }> {
  let quickest = { heard: undefined as number | undefined, at_us: 0, doubt: Infinity };
  for (let attempt = 1; attempt <= READ_ATTEMPTS; attempt++) {
    const sent = clock.nowUs();
    const heard = await client.get('audio-pts');
    const received = clock.nowUs();
    const doubt = (received - sent) / 2e6;
    if (doubt <= quickest.doubt) quickest = { heard, at_us: Math.round((sent + received) / 2), doubt };
    if (received - sent < GOOD_ROUND_TRIP_US) break;
  }
  return quickest;
}

function statusOf(seen: {
  idle: boolean;
  loading: boolean;
  paused: boolean;
  starting: boolean;
  buffering: boolean | undefined;
}): PlaybackFact['status'] {
  if (seen.idle) return 'stopped';
  if (seen.loading) return 'loading';
  if (seen.paused) return seen.starting ? 'loading' : 'paused';
  return seen.buffering === true ? 'loading' : 'playing';
}
