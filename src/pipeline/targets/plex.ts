import {
  refusal,
  TargetFault,
  type Outcome,
  type Place,
  type Proof,
  type RunningScan,
  type ScanTarget,
  type Section,
  type TargetHealth,
} from './contract.js';
import { follow, untilIdle, type Look } from './follow.js';
import { HttpTarget } from './http-target.js';
import { headerValue, type Ask } from './http.js';
import { longestAround, samePath } from './paths.js';
import { PlexActivities, PlexIdentity, PlexSections, PlexTracks, type PlexSection } from './plex-wire.js';

const TRACK = '10';
const NARROW = 200;
const PAGE = 500;
/** So many of the newest tracks are looked through when the title is not found, 500 at a time. */
const MOST_PAGES = 10;

/**
 * Plex. Its answer to a scan says nothing: 200 also for folders that do not exist, no id, no end. So a folder is asked for only where a
 * library has it, the scan is followed by the state of the library, and the files decide.
 */
export class PlexTarget extends HttpTarget implements ScanTarget {
  readonly most = 1;

  override covers(folder: string, sections: readonly Section[]): boolean {
    const { section: only } = this.parts;
    const usable = only === undefined ? sections : sections.filter(({ section }) => section === only);
    return super.covers(folder, usable);
  }

  async check(signal: AbortSignal): Promise<TargetHealth> {
    const sections = await this.#sections(signal);
    const identity = await this.http
      .json({ path: '/identity', headers: this.#headers() }, PlexIdentity, signal)
      .catch((thrown: unknown) => {
        if (!(thrown instanceof TargetFault)) throw thrown;
        return undefined;
      });
    return {
      version: identity?.MediaContainer.version,
      sections: this.#chosen(sections).map(({ key, title, Location }) => ({
        section: key,
        title,
        folders: Location.map(({ path }) => path),
      })),
    };
  }

  calm(signal: AbortSignal): Promise<boolean> {
    const { clock } = this.parts;
    const look = async (stop: AbortSignal): Promise<Look> => {
      const sections = this.#chosen(await this.#sections(stop));
      for (const section of sections) if (await this.#isBusy(section, stop)) return { busy: true };
      return { busy: false };
    };
    return untilIdle({ clock, look }, signal);
  }

  async scan([place]: readonly Place[], signal: AbortSignal): Promise<RunningScan> {
    if (!place) throw new TargetFault('refused', 'There is nothing to look at.');
    const { clock } = this.parts;
    const { key } = this.#around(place.folder, await this.#sections(signal));
    const look = (stop: AbortSignal): Promise<Look> => this.#look(key, stop);
    const { mark } = await look(signal);
    await this.#refresh(key, place.folder, signal);
    const has = (proof: Proof, stop: AbortSignal): Promise<boolean> => this.#hasIn(key, proof, stop);
    const following = { clock, places: [place], markBefore: mark, look, has };
    return { outcome: (stop): Promise<Outcome> => follow(following, stop) };
  }

  async has(proof: Proof, signal: AbortSignal): Promise<boolean> {
    return this.#hasIn(this.#around(proof.file, await this.#sections(signal)).key, proof, signal);
  }

  /** A GET as all clients send it; newer servers document a POST. */
  async #refresh(key: string, folder: string, signal: AbortSignal): Promise<void> {
    const ask: Ask = {
      path: `/library/sections/${encodeURIComponent(key)}/refresh`,
      query: { path: folder },
      headers: this.#headers(),
    };
    const first = await this.http.ask({ ...ask, also: [404, 405] }, signal);
    if (first.status < 300) return;
    const second = await this.http.ask({ ...ask, method: 'POST', also: [404, 405] }, signal);
    if (second.status < 300) return;
    this.#around(folder, await this.#sections(signal));
    throw refusal('It does not know how to scan. Is this a Plex server?');
  }

  async #look(key: string, signal: AbortSignal): Promise<Look> {
    const section = (await this.#sections(signal)).find((other) => other.key === key);
    if (!section) throw refusal(`It has no library ${key} any more. Choose another.`);
    return { busy: await this.#isBusy(section, signal), mark: section.contentChangedAt };
  }

  async #isBusy(section: PlexSection, signal: AbortSignal): Promise<boolean> {
    return section.refreshing || this.#isActive(section, signal);
  }

  /** Activities name the library by its title alone, and not every server tells them. */
  async #isActive({ title }: PlexSection, signal: AbortSignal): Promise<boolean> {
    const ask: Ask = { path: '/activities', headers: this.#headers() };
    try {
      const { MediaContainer } = await this.http.json(ask, PlexActivities, signal);
      return MediaContainer.Activity.some(
        (activity) =>
          activity.type === 'library.update.section' &&
          title !== '' &&
          (activity.title.includes(title) || activity.subtitle.includes(title)),
      );
    } catch (thrown) {
      if (thrown instanceof TargetFault) return false;
      throw thrown;
    }
  }

  async #hasIn(key: string, { file, title }: Proof, signal: AbortSignal): Promise<boolean> {
    const named = await this.#tracks(key, { title }, 0, NARROW, signal);
    if (isAmong(named, file)) return true;
    for (let page = 0; page < MOST_PAGES; page++) {
      const tracks = await this.#tracks(key, { sort: 'addedAt:desc' }, page * PAGE, PAGE, signal);
      if (isAmong(tracks, file)) return true;
      if (tracks.MediaContainer.Metadata.length < PAGE) return false;
    }
    return false;
  }

  #tracks(
    key: string,
    query: Readonly<Record<string, string>>,
    start: number,
    size: number,
    signal: AbortSignal,
  ): Promise<PlexTracks> {
    const headers = {
      ...this.#headers(),
      'x-plex-container-start': String(start),
      'x-plex-container-size': String(size),
    };
    const path = `/library/sections/${encodeURIComponent(key)}/all`;
    return this.http.json({ path, query: { type: TRACK, ...query }, headers }, PlexTracks, signal);
  }

  async #sections(signal: AbortSignal): Promise<PlexSection[]> {
    const ask: Ask = { path: '/library/sections', headers: this.#headers() };
    return (await this.http.json(ask, PlexSections, signal)).MediaContainer.Directory;
  }

  /** The music libraries that may be used. */
  #chosen(sections: readonly PlexSection[]): PlexSection[] {
    return sections.filter(({ type }) => type === 'artist');
  }

  /** The library that has a folder; the one with the longest path when several have. */
  #around(folder: string, sections: readonly PlexSection[]): PlexSection {
    const { section } = this.parts;
    const music = this.#chosen(sections);
    const chosen = section === undefined ? music : music.filter(({ key }) => key === section);
    const list = music.map(({ key, title }) => `${key} (${title})`).join(', ') || 'none';
    if (chosen.length === 0)
      throw refusal(
        section === undefined
          ? 'It has no music library. Make one there first.'
          : `It has no music library ${section}; there are: ${list}. Choose one.`,
      );
    const locations = chosen.flatMap((owner) => owner.Location.map(({ path }) => ({ owner, path })));
    const best = longestAround(folder, locations, ({ path }) => path);
    if (best) return best.owner;
    const folders = locations.map(({ path }) => path).join(', ');
    throw refusal(`Its libraries do not have ${folder}, but ${folders}. Correct the path mappings.`);
  }

  #headers(): Record<string, string> {
    return { 'x-plex-token': headerValue(this.parts.secret) };
  }
}

const isAmong = ({ MediaContainer }: PlexTracks, file: string): boolean =>
  MediaContainer.Metadata.some(({ Media }) =>
    Media.some(({ Part }) => Part.some((part) => part.file !== undefined && samePath(part.file, file))),
  );
