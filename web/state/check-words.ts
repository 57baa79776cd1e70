import type { Check, CheckPart, Figure, Severity } from '../../src/protocol/doctor.js';

export const SEVERITIES: readonly Severity[] = ['problem', 'warning', 'notice', 'ok'];

export const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  problem: 'Does not work',
  warning: 'Could be better',
  notice: 'Worth knowing',
  ok: 'Fine',
};

export const PART_WORDS: Readonly<Record<CheckPart, string>> = {
  network: 'Network',
  audio: 'Sound',
  disk: 'Disk',
  permissions: 'Permissions',
  time: 'Time',
  versions: 'Versions',
  machine: 'Machine',
};

/** How far a run is, and what it found so far. */
export interface RunState {
  readonly total: number;
  readonly done: number;
  /** What is looked at now. */
  readonly now: readonly string[];
  readonly running: boolean;
}

export function runState(checks: readonly Check[]): RunState {
  const done = checks.filter(({ state }) => state === 'done').length;
  return {
    total: checks.length,
    done,
    now: checks.filter(({ state }) => state === 'running').map(({ title }) => title),
    running: done < checks.length,
  };
}

/** Those that are done, by severity, the worst first. */
export function bySeverity(checks: readonly Check[]): { severity: Severity; checks: readonly Check[] }[] {
  const done = checks.filter(({ state }) => state === 'done');
  return SEVERITIES.map((severity) => ({
    severity,
    checks: done.filter((check) => check.severity === severity),
  })).filter((group) => group.checks.length > 0);
}

/** `Everything is fine`, or how much is not. */
export function verdict(checks: readonly Check[]): string {
  const count = (severity: Severity): number => checks.filter((check) => check.severity === severity).length;
  const problems = count('problem');
  const warnings = count('warning');
  const parts = [
    problems > 0 ? `${problems} ${problems === 1 ? 'thing does' : 'things do'} not work` : '',
    warnings > 0 ? `${warnings} could be better` : '',
  ].filter((part) => part !== '');
  if (parts.length > 0) return parts.join(', ');
  return checks.some(({ measured }) => !measured)
    ? 'Everything that could be measured is fine'
    : 'Everything is fine';
}

/** What is to be typed, without the words after it; undefined for what is no command. */
export function commandIn(fix: string): string | undefined {
  if (/^[A-Z][a-z]/.test(fix)) return undefined;
  return fix.split(/ {3,}/)[0];
}

export function figureWords({ name, value, unit }: Figure): string {
  return `${name}: ${value}${unit === undefined ? '' : unit === '%' ? ' %' : ` ${unit}`}`;
}

/** With a capital, except where its first word is a name that is written otherwise: mDNS, x64. */
export const sentence = (text: string): string =>
  /^[a-z]+[A-Z\d]/.test(text) ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
