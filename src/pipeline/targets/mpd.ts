import {
  refusal,
  TargetFault,
  type Outcome,
  type Place,
  type Proof,
  type RunningScan,
  type ScanTarget,
  type TargetHealth,
} from './contract.js';
import { follow, untilIdle, type Look } from './follow.js';
import { MpdTalk } from './mpd-talk.js';
import { mapPath } from './paths.js';
import { relativeMappings, type TargetParts } from './target-parts.js';

/** MPD. Folders are named from the top of its music directory; the number it gives an update is gone from its status when that has ended. */
export class MpdTarget implements ScanTarget {
  readonly most = 1;
  readonly #parts: TargetParts;

  constructor(parts: TargetParts) {
    this.#parts = parts;
  }

  map(path: string): string | undefined {
    return mapPath(path, relativeMappings(this.#parts))?.replace(/^\/+|\/+$/g, '');
  }

  /** It tells nobody where its music directory is. */
  covers(): boolean {
    return true;
  }

  check(signal: AbortSignal): Promise<TargetHealth> {
    return this.#talk(signal, async (talk) => {
      const allowed = await talk.ask(signal, 'commands');
      if (!allowed.some(([, command]) => command === 'update'))
        throw refusal('It permits no update without a password, or not with this one. Enter one that does.');
      const sections = [{ section: 'music', title: 'Music directory', folders: ['/'] }];
      return { version: talk.version, sections };
    });
  }

  calm(signal: AbortSignal): Promise<boolean> {
    return untilIdle({ clock: this.#parts.clock, look: (stop) => this.#look(stop) }, signal);
  }

  async scan([place]: readonly Place[], signal: AbortSignal): Promise<RunningScan> {
    if (!place) throw new TargetFault('refused', 'There is nothing to look at.');
    const { clock } = this.#parts;
    const { mark } = await this.#look(signal);
    const folder = place.folder === '' ? [] : [place.folder];
    await this.#talk(signal, (talk) => talk.ask(signal, 'update', ...folder));
    const look = (stop: AbortSignal): Promise<Look> => this.#look(stop);
    const has = (proof: Proof, stop: AbortSignal): Promise<boolean> => this.has(proof, stop);
    const following = { clock, places: [place], markBefore: mark, sure: true, look, has };
    return { outcome: (stop): Promise<Outcome> => follow(following, stop) };
  }

  async has({ file }: Proof, signal: AbortSignal): Promise<boolean> {
    const found = await this.#talk(signal, (talk) => talk.ask(signal, 'find', 'file', file));
    return found.some(([key, value]) => key === 'file' && value === file);
  }

  async #look(signal: AbortSignal): Promise<Look> {
    return this.#talk(signal, async (talk) => {
      const status = await talk.ask(signal, 'status');
      const stats = await talk.ask(signal, 'stats');
      return {
        busy: status.some(([key]) => key === 'updating_db'),
        mark: stats.find(([key]) => key === 'db_update')?.[1],
      };
    });
  }

  #talk<T>(signal: AbortSignal, work: (talk: MpdTalk) => Promise<T>): Promise<T> {
    const { url, secret, clock, answerMs } = this.#parts;
    return MpdTalk.with({ url, password: secret, clock, answerMs }, signal, work);
  }
}
