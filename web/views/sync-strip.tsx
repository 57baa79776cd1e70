import type { SyncReport } from '../../src/protocol/sync.js';
import { scaleOf } from '../state/sync-words.js';
import { SYNC_LOG_US, type SyncMoment } from '../state/sync-log.js';

const WIDTH = 600;
const HEIGHT = 120;

interface Point {
  readonly at_us: number;
  readonly skew: number | undefined;
  readonly error: number;
  readonly estimated: boolean;
}

/** A jump of long ago does not make the scale any more: it is drawn to the edge. */
const SCALED_US = 20_000_000;

/** The last minute of one player's skew: the line is where it was heard, the shade around it how sure that is. Up = ahead. */
export function SyncStrip({ player_id, moments }: { player_id: string; moments: readonly SyncMoment[] }) {
  const points = moments.flatMap((moment) => pointOf(moment, player_id) ?? []);
  const end_us = moments.at(-1)?.at_us ?? 0;
  const scale = scaleOf(
    points
      .filter(({ at_us }) => at_us > end_us - SCALED_US)
      .flatMap(({ skew, error }) => (skew === undefined ? [] : [skew - error, skew + error])),
  );
  const x = (at_us: number): number => WIDTH - ((end_us - at_us) / SYNC_LOG_US) * WIDTH;
  const y = (ms: number): number => HEIGHT / 2 - Math.max(-1, Math.min(1, ms / scale)) * (HEIGHT / 2 - 4);
  const runs = runsOf(points);
  const estimated = points.at(-1)?.estimated === true;
  return (
    <div class="strip">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
        focusable="false"
        class={estimated ? 'estimated' : ''}
      >
        <rect class="band" x="0" width={WIDTH} y={y(1)} height={y(-1) - y(1)} />
        <line class="zero" x1="0" x2={WIDTH} y1={y(0)} y2={y(0)} />
        {runs.map((run) => (
          <path key={run[0]?.at_us} class="sure" d={shade(run, x, y)} />
        ))}
        {runs.map((run) => (
          <path key={run[0]?.at_us} class="skew" d={line(run, x, y)} />
        ))}
      </svg>
      <span class="scale ahead" aria-hidden="true">
        {scale} ms ahead
      </span>
      <span class="scale behind" aria-hidden="true">
        {scale} ms behind
      </span>
      {runs.length === 0 && (
        <span class="strip-empty" aria-hidden="true">
          no measurements
        </span>
      )}
    </div>
  );
}

function pointOf({ at_us, players }: SyncMoment, player_id: string): Point | undefined {
  const report: SyncReport | undefined = players.find((one) => one.player_id === player_id);
  if (!report) return undefined;
  return { at_us, skew: report.skew_ms?.now, error: report.error_ms ?? 0, estimated: report.estimated };
}

type Measured = Point & { readonly skew: number };

/** Where something was measured without a gap. */
function runsOf(points: readonly Point[]): Measured[][] {
  const runs: Measured[][] = [];
  let before: Point | undefined;
  for (const point of points) {
    if (point.skew !== undefined) {
      const measured = { ...point, skew: point.skew };
      const goesOn = before?.skew !== undefined && point.at_us - before.at_us < 3_000_000;
      if (goesOn) runs.at(-1)!.push(measured);
      else runs.push([measured]);
    }
    before = point;
  }
  return runs;
}

type Scale = (value: number) => number;

function line(run: readonly Measured[], x: Scale, y: Scale): string {
  const at = run.map(({ at_us, skew }) => `${x(at_us).toFixed(1)},${y(skew).toFixed(1)}`);
  return `M${at.join('L')}${at.length === 1 ? 'h2' : ''}`;
}

function shade(run: readonly Measured[], x: Scale, y: Scale): string {
  const side = (way: 1 | -1) => (point: Measured) =>
    `${x(point.at_us).toFixed(1)},${y(point.skew + way * point.error).toFixed(1)}`;
  return `M${[...run.map(side(1)), ...[...run].reverse().map(side(-1))].join('L')}Z`;
}
