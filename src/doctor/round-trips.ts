import type { Figure } from '../protocol/index.js';
import { notice, ok, unmeasured, warning, type Finding } from './finding.js';

/** What a series of round trips looks like. */
export interface Trips {
  readonly count: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly least_ms: number;
  readonly most_ms: number;
  /** Share of those that took longer than a radio that is awake needs, and how long half of them took; how far the quickest and slowest of them are apart. */
  readonly late: number;
  readonly late_p50_ms: number;
  readonly late_spread_ms: number;
}

/** A network that is awake answers sooner. */
const AWAKE_MS = 20;
/** Access points wake sleepers every 102.4 ms; with a DTIM of 3 every 307 ms. */
const BEACON_MS = [30, 320] as const;
/** Waits for beacons are spread; what takes the same time again and again waits for something else. */
const SPREAD_MS = 25;
const LEAST_COUNT = 5;

export function tripsOf(ms: readonly number[]): Trips | undefined {
  if (ms.length < LEAST_COUNT) return undefined;
  const sorted = [...ms].sort((one, other) => one - other);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  const late = sorted.filter((one) => one > AWAKE_MS);
  return {
    count: ms.length,
    p50_ms: at(0.5),
    p95_ms: at(0.95),
    least_ms: sorted[0]!,
    most_ms: sorted.at(-1)!,
    late: late.length / sorted.length,
    late_p50_ms: late[late.length >> 1] ?? 0,
    late_spread_ms: (late.at(-1) ?? 0) - (late[0] ?? 0),
  };
}

/**
 * Wi-Fi that sleeps: some answers come at once, others only with the next beacon, spread evenly up to it. A network that is slow
 * altogether has no quick answers; one that is busy has few late ones.
 */
export function sleeps({ least_ms, late, late_p50_ms, late_spread_ms }: Trips): boolean {
  const awoken = late_p50_ms >= BEACON_MS[0] && late_p50_ms <= BEACON_MS[1];
  return least_ms < AWAKE_MS && late >= 0.25 && awoken && late_spread_ms >= SPREAD_MS;
}

const figuresOf = (name: string, { p50_ms, p95_ms, most_ms }: Trips): Figure[] => [
  { name: `${name} median`, value: rounded(p50_ms), unit: 'ms' },
  { name: `${name} p95`, value: rounded(p95_ms), unit: 'ms' },
  { name: `${name} longest`, value: rounded(most_ms), unit: 'ms' },
];
const rounded = (ms: number): number => (ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms));

export interface Measured {
  readonly name: string;
  readonly round_trips_ms: readonly number[];
}

const SLOW_MS = 150;
const RADIO_FIX =
  'sudo iw dev wlan0 set power_save off   on the player; and on the router: a fixed channel, airtime fairness off';

const CROWD_FIX =
  'Use a network cable there, or another channel of the Wi-Fi; what else loads the network shows: sudo apt-get install -y iftop && sudo iftop';

/** Round trips to players over the links there are. */
export function checkTrips(measured: readonly Measured[]): Finding {
  if (measured.length === 0) return ok('no player is reached over a network');
  const known = measured.flatMap(({ name, round_trips_ms }) => {
    const trips = tripsOf(round_trips_ms);
    return trips ? [{ name, trips }] : [];
  });
  if (known.length === 0) return unmeasured('no player answered often enough');
  const figures = known.flatMap(({ name, trips }) => figuresOf(name, trips));
  const asleep = known.filter(({ trips }) => sleeps(trips)).map(({ name }) => name);
  if (asleep.length > 0)
    return warning(
      `${asleep.join(', ')}: answers wait for the next Wi-Fi beacon (power save)`,
      RADIO_FIX,
      figures,
    );
  const slow = known.filter(({ trips }) => trips.p95_ms > SLOW_MS).map(({ name }) => name);
  if (slow.length > 0)
    return warning(`${slow.join(', ')}: the network is slow or crowded`, CROWD_FIX, figures);
  const worst = Math.max(...known.map(({ trips }) => trips.p95_ms));
  return ok(
    `${known.length === 1 ? 'one player answers' : `${known.length} players answer`} within ${rounded(worst)} ms`,
    figures,
  );
}

/** What a phone measured of its own way here. A phone may sleep to save its battery: it is told, not blamed. */
export function checkPhone(ms: readonly number[]): Finding {
  const trips = tripsOf(ms);
  if (!trips) return unmeasured('the page measured too few round trips');
  const figures = figuresOf('round trip', trips);
  if (sleeps(trips))
    return notice(
      `this phone waits for Wi-Fi beacons (up to ${rounded(trips.most_ms)} ms), as phones do to save their battery`,
      'If many phones do, look at the router: DTIM interval 1, band steering off',
      figures,
    );
  if (trips.p95_ms > SLOW_MS)
    return warning(
      `the way from this phone is slow: ${rounded(trips.p95_ms)} ms`,
      'Go nearer to the access point, or put phone and Tutti into the same network',
      figures,
    );
  return ok(`this phone reaches the server within ${rounded(trips.p95_ms)} ms`, figures);
}
