import type { Identified } from '../../src/pipeline/contract.js';
import type { Labelled } from './labelled-albums.js';

/** What became of a case, beside what should have. */
export interface Judged {
  readonly one: Labelled;
  readonly identified: Identified;
  readonly isAuto: boolean;
  /** Imported, and for what it is. */
  readonly isRight: boolean;
  /** Imported though a person should have been asked, or for something else. */
  readonly isWrong: boolean;
  /** The first reason that a person reads is the true one. */
  readonly namesCause: boolean;
}

export function judge(one: Labelled, identified: Identified): Judged {
  const isAuto = identified.decision === 'import';
  const id = identified.matches[0]?.release.release_id ?? '';
  const isRight = isAuto && one.right.includes(id);
  const first = identified.gates[0]?.gate;
  return {
    one,
    identified,
    isAuto,
    isRight,
    isWrong: isAuto && !isRight && one.label !== 'unknowable',
    namesCause: identified.decision === 'review' && first !== undefined && one.causes.includes(first),
  };
}

/** For the log of a test or a bench: what was decided and why. */
export const inShort = ({ one, identified: { decision, confidence, gates, matches } }: Judged): string =>
  `[${one.label}] ${one.name}: ${decision} ${confidence} ${gates.map(({ gate, sentence }) => `${gate} (${sentence})`).join(' | ')} ${
    decision === 'import'
      ? ''
      : (matches[0]?.penalties.map(({ what, share }) => `${what} ${share}`).join(', ') ?? 'no match')
  }`;
