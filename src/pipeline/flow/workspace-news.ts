import type { Clock, Timer } from '../../base/index.js';
import { candidateTopic } from '../../protocol/index.js';
import type { Store } from '../../state/index.js';

/** Changes are told together when so long has passed since the first. */
const WINDOW_MS = 500;
/** Of one delivery so many files are told by name; a page that wants more asks for the review. */
const MOST_FILES = 200;

type ChangeType = 'added' | 'modified' | 'deleted';
interface NamedFile {
  readonly path: string;
  readonly size_bytes: number;
}

/** What happens to the files of candidates, one by one and gathered. */
export class WorkspaceNews {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #changes: Record<ChangeType, Set<string>> = {
    added: new Set(),
    modified: new Set(),
    deleted: new Set(),
  };
  #timer: Timer | undefined;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** `uploaded`: from the page of somebody. */
  added(candidate_id: string, files: readonly NamedFile[], uploaded: boolean): void {
    for (const { path, size_bytes: size } of files.slice(0, MOST_FILES)) {
      const data = { candidate_id, path, size };
      const topic = candidateTopic(candidate_id);
      if (uploaded) this.#store.tell({ type: 'file:uploaded', topic, data });
      this.#store.tell({ type: 'file:changed', topic, data: { ...data, change_type: 'added' } });
    }
    this.#note('added', candidate_id, files);
  }

  deleted(candidate_id: string, files: readonly NamedFile[]): void {
    for (const { path, size_bytes: size } of files.slice(0, MOST_FILES)) {
      const topic = candidateTopic(candidate_id);
      this.#store.tell({ type: 'file:deleted', topic, data: { candidate_id, path } });
      this.#store.tell({
        type: 'file:changed',
        topic,
        data: { candidate_id, path, size, change_type: 'deleted' },
      });
    }
    this.#note('deleted', candidate_id, files);
  }

  close(): void {
    this.#timer?.cancel();
  }

  #note(change: ChangeType, candidateId: string, files: readonly NamedFile[]): void {
    for (const { path } of files)
      if (this.#changes[change].size < MOST_FILES) this.#changes[change].add(`${candidateId}/${path}`);
    this.#timer ??= this.#clock.after(WINDOW_MS, () => this.#tell());
  }

  #tell(): void {
    this.#timer = undefined;
    const { added, modified, deleted } = this.#changes;
    const changes = { added: [...added], modified: [...modified], deleted: [...deleted] };
    for (const set of [added, modified, deleted]) set.clear();
    this.#store.tell({ type: 'workspace:changed', topic: 'imports', data: { changes } });
  }
}
