import { dirname } from 'node:path';
import { AppError } from '../base/index.js';
import type { TagReader } from '../library/index.js';
import { openImporter, workspaceOf, type Importer, type Targets } from '../pipeline/index.js';
import type { Candidate } from '../protocol/index.js';
import type { Base } from './base.js';
import type { OpenedLibrary } from './open-library.js';

export interface OpenedImport {
  readonly importer: Importer;
  /** What it reads files with, for everything else that has to do with music on its way in. */
  readonly tags: TagReader;
  /** Below the music folder; undefined when there is no such album. */
  albumFolder(this: void, albumId: string): string | undefined;
  /** What is rejected goes to the trash. What is gone already is no fault. */
  reject(this: void, candidate: Candidate, folder: string, username: string | undefined): Promise<void>;
}

export interface ImportWiring {
  readonly music: OpenedLibrary;
  readonly tags: TagReader;
  readonly outbox: Targets['outbox'];
  restored(this: void, candidateId: string, folder: string): void;
}

/** What takes albums into the library and out of it. */
export function openImport(
  { config, clock, log, closers }: Base,
  { music, tags, outbox, restored }: ImportWiring,
): OpenedImport {
  const { db, library, musicDir } = music;
  const importer = openImporter({
    db,
    musicDir,
    workspaceDir: workspaceOf(config),
    library,
    tags,
    clock,
    log,
    settings: config,
    outbox: (db, folder, reason) => outbox.note(db, folder, reason === 'deleted' ? 'removed' : reason),
    keptFolders: config.import_dir === undefined ? [] : [config.import_dir],
    restored,
  });
  closers.add(() => importer.close());
  return {
    importer,
    tags,
    albumFolder: (albumId) => {
      const path = library.intake.album(albumId)?.tracks.find((track) => track.path !== undefined)?.path;
      return path === undefined ? undefined : dirname(path);
    },
    reject: async ({ candidate_id, title, artist = '', album }, folder, username) => {
      try {
        await importer.trash.reject({ candidate_id, folder, title: album ?? title, artist, username });
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'ERR_NOT_FOUND') throw error;
      }
    },
  };
}
