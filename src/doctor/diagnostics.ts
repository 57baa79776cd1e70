import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { toError, within, type Clock } from '../base/index.js';
import type { Check } from '../protocol/index.js';
import { Redactor, secretsIn } from './redact.js';

/** What goes into a bundle, as it is; what must not go out is taken out here. */
export interface BundleParts {
  readonly clock: Clock;
  readonly version: string;
  readonly config: object;
  readonly checks: readonly Check[];
  /** Lines of the log, the oldest first. */
  readonly log: readonly string[];
  /** Text of /metrics; undefined when no server says it. */
  readonly metrics: string | undefined;
  /** Rooms, players and work without names of people. */
  readonly state: unknown;
  /** Secrets that are known, to be hidden wherever they stand. */
  readonly known: readonly string[];
  /** What people call themselves here. */
  readonly people: readonly string[];
  /** What is not in it, and why. */
  readonly missing: readonly string[];
}

const squeeze = promisify(gzip);

/** A redacted bundle for who helps: one JSON document, compressed. */
export async function bundle(parts: BundleParts): Promise<Buffer> {
  return squeeze(JSON.stringify(bundled(parts), null, 1));
}

export function bundled(parts: BundleParts): object {
  const { clock, version, config, checks, log, metrics, state, known, people, missing } = parts;
  const redactor = new Redactor([...known, ...secretsIn(config)], people);
  return {
    what: 'tutti diagnostics',
    made_at: new Date(clock.wallMs()).toISOString(),
    uptime_us: clock.nowUs(),
    version,
    missing: redactor.value(missing),
    checks: redactor.value(checks),
    settings: redactor.value(config),
    versions: { ...process.versions },
    state: redactor.value(state),
    metrics: fitting(MOST_BYTES, (metrics ?? '').split('\n').slice(0, MOST_LINES), (line) =>
      redactor.text(line),
    ),
    log: fitting(MOST_BYTES, log.slice(-MOST_LINES).toReversed(), (line) => redactor.line(line)).toReversed(),
  };
}

const MOST_LINES = 2_000;
const MOST_BYTES = 512 * 1024;

/** As many of the first lines, made fit to be handed out, as there is room for. */
function fitting(most: number, lines: readonly string[], clean: (line: string) => string): string[] {
  const kept: string[] = [];
  let left = most;
  for (const line of lines) {
    const text = clean(line);
    left -= text.length;
    if (left < 0) break;
    kept.push(text);
  }
  return kept;
}

/** A part that may not come: then it is missing, and the bundle says so. */
export async function partOf<T>(
  what: string,
  clock: Clock,
  missing: string[],
  make: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await within({ clock, what, ms: PART_MS, code: 'ERR_BUSY' }, make);
  } catch (thrown) {
    missing.push(`${what}: ${toError(thrown).message}`);
    return undefined;
  }
}

const PART_MS = 15_000;

/** When and for what: `tutti-diagnostics-2026-11-20.json.gz`. */
export const bundleName = (clock: Clock): string =>
  `tutti-diagnostics-${new Date(clock.wallMs()).toISOString().slice(0, 10)}.json.gz`;
