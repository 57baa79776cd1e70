import { systemClock, toError, within, type Clock } from '../base/index.js';
import type { Check, CheckPart, Figure, Severity } from '../protocol/index.js';

/** What one check has found. What is not well has the command or setting that mends it. */
export type Finding = {
  readonly found: string;
  readonly figures?: readonly Figure[];
  /** Could not be measured. */
  readonly unknown?: true;
} & (
  | { readonly severity: 'ok' }
  | { readonly severity: 'notice'; readonly fix?: string }
  | { readonly severity: 'warning' | 'problem'; readonly fix: string }
);

/** One thing to look at. */
export interface CheckSpec {
  readonly id: string;
  readonly title: string;
  readonly part: CheckPart;
  /** Why anybody should care, in one sentence. */
  readonly why: string;
  /** Deadline; default 4 s. */
  readonly ms?: number;
  /** Runs before all others and by itself, because others would falsify it. */
  readonly alone?: true;
  run(this: void, signal: AbortSignal): Promise<Finding> | Finding;
}

type Figures = readonly Figure[];
export const ok = (found: string, figures: Figures = []): Finding => ({ severity: 'ok', found, figures });
export const notice = (found: string, fix?: string, figures: Figures = []): Finding => ({
  severity: 'notice',
  found,
  figures,
  ...(fix !== undefined && { fix }),
});
export const warning = (found: string, fix: string, figures: Figures = []): Finding => ({
  severity: 'warning',
  found,
  fix,
  figures,
});
export const problem = (found: string, fix: string, figures: Figures = []): Finding => ({
  severity: 'problem',
  found,
  fix,
  figures,
});
/** Honest: nobody could look, so nobody says that it is well. */
export const unmeasured = (why: string): Finding => ({
  severity: 'notice',
  found: `could not be measured: ${why}`,
  unknown: true,
});

const CHECK_MS = 4_000;
/** The whole run takes no longer, whatever hangs. */
export const RUN_MS = 10_000;
/** So many checks at once: most of them wait. */
const LANES = 4;

export interface Examination {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Told as each check begins and ends. */
  changed?(this: void, check: Check): void;
  readonly runMs?: number;
}

/** As it stands before it is looked at. */
export const waiting = ({ id, title, part, why }: CheckSpec): Check => ({
  check_id: id,
  title,
  part,
  why,
  state: 'waiting',
  severity: 'notice',
  measured: false,
  found: '',
  figures: [],
});

/** Runs every check, a few at a time, in the order they stand. One that breaks or hangs says so, and the others go on. */
export async function examine(specs: readonly CheckSpec[], examination: Examination): Promise<Check[]> {
  const { clock, runMs = RUN_MS } = examination;
  const endUs = clock.nowUs() + runMs * 1000;
  const results = new Map<string, Check>();
  const look = async (spec: CheckSpec): Promise<void> => {
    results.set(spec.id, await examined(spec, examination, (endUs - clock.nowUs()) / 1000));
  };
  for (const spec of specs) if (spec.alone) await look(spec);
  const left = specs.filter(({ alone }) => !alone);
  const lane = async (): Promise<void> => {
    for (let spec = left.shift(); spec; spec = left.shift()) await look(spec);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return specs.map(({ id }) => results.get(id)!);
}

/** One check, within its own deadline and what is left of the run's. */
export async function examined(
  spec: CheckSpec,
  { clock, signal, changed }: Examination,
  leftMs: number,
): Promise<Check> {
  const began = clock.nowUs();
  changed?.({ ...waiting(spec), state: 'running' });
  const ms = Math.max(1, Math.min(spec.ms ?? CHECK_MS, leftMs));
  const limit = { clock, what: `“${spec.title}”`, ms: Math.round(ms), code: 'ERR_BUSY' } as const;
  let finding: Finding;
  try {
    const run = async (stop: AbortSignal): Promise<Finding> => spec.run(stop);
    finding = await within({ ...limit, ...(signal && { signal }) }, run);
  } catch (thrown) {
    finding = unmeasured(toError(thrown).message);
  }
  const check = done(spec, finding, { clock, began });
  changed?.(check);
  return check;
}

export function done(
  spec: CheckSpec,
  finding: Finding,
  { clock, began }: { readonly clock: Clock; readonly began: number },
): Check {
  const { severity, found, figures = [] } = finding;
  return {
    ...waiting(spec),
    state: 'done',
    severity,
    measured: finding.unknown !== true,
    found,
    figures: [...figures],
    ...('fix' in finding && finding.fix !== undefined && { fix: finding.fix }),
    duration_ms: Math.round((clock.nowUs() - began) / 1000),
    checked_at: new Date(clock.wallMs()).toISOString(),
  };
}

/** A pause of a check that waits for nobody in particular. */
export async function pause(ms: number, signal?: AbortSignal, clock: Clock = systemClock): Promise<void> {
  const limit = { clock, what: 'a pause', ms: ms + 1_000, ...(signal && { signal }) };
  await within(
    limit,
    (stop) =>
      new Promise<void>((resolve) => {
        const timer = clock.after(ms, resolve);
        stop.addEventListener('abort', () => timer.cancel(), { once: true });
      }),
  );
}

const WORST_FIRST: readonly Severity[] = ['problem', 'warning', 'notice', 'ok'];
export const worstOf = (severities: readonly Severity[]): Severity =>
  WORST_FIRST.find((one) => severities.includes(one)) ?? 'ok';
