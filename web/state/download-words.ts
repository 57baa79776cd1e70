import type { Download } from '../../src/protocol/pipeline/download.js';
import { bytes, fromNow, span } from './pipeline-words.js';

/** What was last heard of a download, and when. */
export interface Pulse {
  readonly progress: number;
  readonly speed: number | undefined;
  readonly eta: number | undefined;
  /** Of this phone's clock. */
  readonly heard_ms: number;
}

/** Longer than this without news, and speed and time are not told any more: nobody knows them. */
export const STALE_MS = 8_000;

export const pulseOf = (download: Download, heard_ms: number): Pulse => ({
  progress: download.progress,
  speed: download.speed_bytes_per_second,
  eta: download.eta_seconds,
  heard_ms,
});

/** One line about a download; nothing in it is older than it seems. */
export function downloadLine(download: Download, pulse: Pulse, nowMs: number): string {
  const { state, error, next_attempt_at, total_bytes, received_bytes, attempt } = download;
  switch (state) {
    case 'queued':
      return 'Waits for its turn';
    case 'running':
      return runningLine(download, pulse, nowMs);
    case 'paused':
      return `On hold at ${howMuch(pulse.progress, received_bytes, total_bytes)}`;
    case 'waiting': {
      const again =
        next_attempt_at === undefined ? 'Tries again' : `Tries again ${fromNow(next_attempt_at, nowMs)}`;
      return [error, `${again} (attempt ${attempt + 1})`].filter(Boolean).join('. ');
    }
    case 'checking':
      return 'Everything is here and is looked at';
    case 'handed_on':
      return download.album_id === undefined ? 'Arrived; finding out which album it is' : 'In the library';
    case 'failed':
      return error ?? 'It failed';
    case 'cancelled':
      return `Given up at ${howMuch(pulse.progress, received_bytes, total_bytes)}`;
    default:
      return state satisfies never;
  }
}

function runningLine({ total_bytes, received_bytes }: Download, pulse: Pulse, nowMs: number): string {
  const silent = nowMs - pulse.heard_ms;
  const much = howMuch(pulse.progress, received_bytes, total_bytes);
  if (silent > STALE_MS) return `${much} · no news for ${span(silent / 1000)}`;
  const speed = pulse.speed === undefined ? [] : [`${bytes(pulse.speed)}/s`];
  const eta = pulse.eta === undefined ? [] : [`${span(pulse.eta)} left`];
  return [much, ...speed, ...eta].join(' · ');
}

/** The same where there is little room. */
export function shortLine(download: Download, pulse: Pulse, nowMs: number): string {
  const silent = nowMs - pulse.heard_ms > STALE_MS;
  if (download.state !== 'running' || silent || download.total_bytes === undefined || pulse.eta === undefined)
    return downloadLine(download, pulse, nowMs);
  return `${pulse.progress} % · ${span(pulse.eta)} left`;
}

/** Without a known end there is no percent. */
function howMuch(progress: number, received: number, total: number | undefined): string {
  return total === undefined ? bytes(received) : `${progress} % of ${bytes(total)}`;
}

export const isGoing = ({ state }: Download): boolean =>
  state === 'queued' || state === 'running' || state === 'waiting' || state === 'checking';
export const isEnded = ({ state }: Download): boolean =>
  state === 'handed_on' || state === 'failed' || state === 'cancelled';

/** `https://` in front when nobody typed it, and nothing around it. */
export function tidyAddress(text: string): string {
  const address = text.trim();
  return address === '' || /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `https://${address}`;
}
