import type { Clock } from '../../base/index.js';
import type { PathMapping } from '../../protocol/index.js';

/** What every kind of target is made from. */
export interface TargetParts {
  readonly url: string;
  readonly section: string | undefined;
  readonly secret: string | undefined;
  readonly mappings: readonly PathMapping[];
  /** Absolute. Without mappings the target has it at the same path, or it is the whole of its library. */
  readonly musicDir: string;
  readonly clock: Clock;
  /** How long one answer may take. */
  readonly answerMs: number;
}

/** Mappings as given; none = the target sees our folders at the same paths. */
export const absoluteMappings = ({ mappings, musicDir }: TargetParts): readonly PathMapping[] =>
  mappings.length > 0 ? mappings : [{ ours: musicDir, theirs: musicDir }];

/** For targets that name folders from the top of their library; none = that top is our music folder. */
export const relativeMappings = ({ mappings, musicDir }: TargetParts): readonly PathMapping[] =>
  mappings.length > 0 ? mappings : [{ ours: musicDir, theirs: '' }];
