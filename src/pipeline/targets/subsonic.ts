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
import { mapPath, samePath } from './paths.js';
import { identity, remedy, SubsonicAnswer } from './subsonic-wire.js';
import { relativeMappings } from './target-parts.js';

const FOUND = '200';

/**
 * Servers that speak Subsonic. Navidrome scans single folders, named from the top of one of its libraries: `theirs` of a mapping is such a
 * folder, with the number of the library before it when there are several (`2:rock`). Others scan everything. What proves who we are is
 * sent in the body, so that addresses have no secret; only a server that takes no body gets a salted hash in the address.
 */
export class SubsonicTarget extends HttpTarget implements ScanTarget {
  readonly most = 50;

  override map(path: string): string | undefined {
    return mapPath(path, relativeMappings(this.parts));
  }

  /** The protocol does not tell where libraries are: a library of that number has to be there. */
  override covers(folder: string, sections: readonly Section[]): boolean {
    const { library } = split(folder);
    return library === undefined ? sections.length < 2 : sections.some(({ section }) => section === library);
  }

  async check(signal: AbortSignal): Promise<TargetHealth> {
    const { type, serverVersion, version } = await this.#ask('ping', {}, signal);
    // Whoever may not scan learns it now and not with the first album.
    await this.#ask('getScanStatus', {}, signal);
    const named = [type, serverVersion ?? version].filter((word) => word !== undefined);
    return { version: named.join(' '), sections: await this.#sections(signal) };
  }

  calm(signal: AbortSignal): Promise<boolean> {
    const { clock } = this.parts;
    return untilIdle({ clock, look: (stop) => this.#look(stop) }, signal);
  }

  async scan(places: readonly Place[], signal: AbortSignal): Promise<RunningScan> {
    const { clock } = this.parts;
    const { type } = await this.#ask('ping', {}, signal);
    const target = type === 'navidrome' ? await this.#targets(places, signal) : [];
    const look = (stop: AbortSignal): Promise<Look> => this.#look(stop);
    const { mark } = await look(signal);
    await this.#ask('startScan', { target }, signal);
    const has = (proof: Proof, stop: AbortSignal): Promise<boolean> => this.has(proof, stop);
    return {
      outcome: (stop): Promise<Outcome> => follow({ clock, places, markBefore: mark, look, has }, stop),
    };
  }

  /** Many servers make up the path they tell: then title and size have to be the same. */
  async has({ file, title, size_bytes }: Proof, signal: AbortSignal): Promise<boolean> {
    const query = { query: title, songCount: FOUND, albumCount: '0', artistCount: '0' };
    const songs = (await this.#ask('search3', query, signal)).searchResult3?.song ?? [];
    const wanted = split(file).folder;
    return songs.some(
      (song) =>
        (song.path !== undefined && endsAlike(song.path, wanted)) ||
        (song.size === size_bytes && song.title.toLowerCase() === title.toLowerCase()),
    );
  }

  async #look(signal: AbortSignal): Promise<Look> {
    const { scanStatus } = await this.#ask('getScanStatus', {}, signal);
    if (!scanStatus)
      throw new TargetFault('refused', 'It does not tell how scans go. Is it a Subsonic server?');
    if (scanStatus.error !== undefined && scanStatus.error !== '' && !scanStatus.scanning)
      throw new TargetFault('refused', `Its scan failed: ${this.http.said(scanStatus.error)}`);
    return { busy: scanStatus.scanning, mark: scanStatus.lastScan };
  }

  async #targets(places: readonly Place[], signal: AbortSignal): Promise<string[]> {
    const sections = await this.#sections(signal);
    const list = sections.map(({ section, title }) => `${section} = ${title}`).join(', ') || 'none';
    return places.map((place) => {
      const { library = sections.length === 1 ? sections[0]?.section : undefined, folder } = split(
        place.folder,
      );
      if (library === undefined)
        throw refusal(`It has several libraries (${list}). Say in the path mapping which one: 1:folder.`);
      if (!this.covers(`${library}:${folder}`, sections))
        throw refusal(`It has no library ${library}; there are: ${list}. Correct the path mappings.`);
      return `${library}:${folder}`;
    });
  }

  async #sections(signal: AbortSignal): Promise<Section[]> {
    const folders = (await this.#ask('getMusicFolders', {}, signal)).musicFolders?.musicFolder ?? [];
    return folders.map(({ id, name }) => ({ section: id, title: name, folders: [] }));
  }

  async #ask(
    method: string,
    fields: Readonly<Record<string, string | readonly string[]>>,
    signal: AbortSignal,
  ): Promise<SubsonicAnswer> {
    const { section: user, secret } = this.parts;
    if (secret === undefined) throw refusal('It needs a password or an API key. Enter one.');
    const form = new URLSearchParams(identity(user, secret));
    for (const [key, values] of Object.entries(fields))
      for (const value of typeof values === 'string' ? [values] : values) form.append(key, value);
    const path = `/rest/${method}.view`;
    const posted = await this.http.ask({ method: 'POST', path, form, also: [404, 405] }, signal);
    const refusesBody = posted.status > 299;
    if (refusesBody && user === undefined)
      throw refusal(
        'It takes API keys only in addresses, which end up in logs. Enter a user and a password.',
      );
    const text = refusesBody
      ? (await this.http.ask({ path, query: Object.fromEntries(form) }, signal)).text
      : posted.text;
    return this.#answer(text, user === undefined);
  }

  #answer(text: string, byKey: boolean): SubsonicAnswer {
    const answer = this.http.parse(text, SubsonicAnswer)['subsonic-response'];
    if (answer.status === 'ok') return answer;
    const { code, message } = answer.error ?? { code: 0, message: '' };
    const mended = remedy(code, byKey);
    throw mended === undefined
      ? new TargetFault('refused', `It refuses: ${this.http.said(message)}`)
      : refusal(mended);
  }
}

/** `2:rock/a` -> library 2 and `rock/a`. */
function split(path: string): { readonly library?: string; readonly folder: string } {
  const match = /^([A-Za-z0-9-]{1,36}):(.*)$/s.exec(path);
  const folder = (match?.[2] ?? path).replace(/^[\\/]+/, '');
  return match?.[1] === undefined ? { folder } : { library: match[1], folder };
}

const endsAlike = (path: string, wanted: string): boolean =>
  samePath(path, wanted) || samePath(path.slice(-wanted.length - 1), `/${wanted}`);
