import type { CandidateFile, Gate, Match, Release } from '../protocol/index.js';

/** One file as it was found, with what proves later that it is still the same. */
export interface ExaminedFile extends CandidateFile {
  /** Hex, of the whole file. */
  readonly sha256: string;
  /** Nanoseconds since 1970, decimal. */
  readonly mtime_ns: string;
  /** What its header says, where that is another length than that of the sound. */
  readonly header_seconds?: number | undefined;
}

/** A folder as it was found, whole. */
export interface Examined {
  /** Absolute. */
  readonly folder: string;
  /** By path, as bytes. */
  readonly files: readonly ExaminedFile[];
  /** What is wrong with the folder itself; what is wrong with a file stands there. */
  readonly gates: readonly Gate[];
}

/** What a folder is. */
export interface Identified {
  /** Where the releases come from: a MusicBrainz-compatible source, or the tags of the files alone. */
  readonly by: 'source' | 'tags';
  /** The best first, at most five. */
  readonly matches: readonly Match[];
  /** `import` only with confidence >= 0.95 and no gate. `later`: the source did not answer; nothing was decided. */
  readonly decision: 'import' | 'review' | 'later';
  /** What speaks against an import, the true cause first. Empty for `import`. */
  readonly gates: readonly Gate[];
  /** 0..1, of the best match. */
  readonly confidence: number;
}

/** What shall stand in the library. */
export interface ImportPlan {
  /** Also the id of the import in the journal: the same plan twice is done once. */
  readonly import_id: string;
  readonly folder: string;
  readonly files: readonly ExaminedFile[];
  readonly release: Release;
  /** `tracks[n]`: the path of the file that is track n of the release; null = left out. */
  readonly tracks: readonly (string | null)[];
  /** Below `folder`; becomes `cover.*` of the album. */
  readonly artwork?: string | undefined;
  /** Goes to the trash once the new one stands; its ids go on. */
  readonly replace_album_id?: string | undefined;
  /** Leave the files of the candidate where they are. */
  readonly keep_sources: boolean;
}

/** What stands in the library now. */
export interface Imported {
  readonly album_id: string;
  /** Below the music folder. */
  readonly folder: string;
  /** In the order of `ImportPlan.tracks`; undefined where a track was left out. */
  readonly track_ids: readonly (string | undefined)[];
  readonly upgraded: readonly {
    readonly track_id: string;
    readonly old_quality: string;
    readonly new_quality: string;
  }[];
}
