import {
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
import { fileUrl, LmsAnswer, pathOf } from './lms-wire.js';
import { samePath } from './paths.js';

const FOUND = 200;

/** Lyrion (Logitech) Music Server, by JSON-RPC. It scans one folder when it is given one, and tells how far it is. */
export class LmsTarget extends HttpTarget implements ScanTarget {
  readonly most = 1;

  async check(signal: AbortSignal): Promise<TargetHealth> {
    const { version } = await this.#ask(['serverstatus', 0, 0], signal);
    return { version, sections: await this.#sections(signal) };
  }

  calm(signal: AbortSignal): Promise<boolean> {
    const { clock } = this.parts;
    return untilIdle({ clock, look: (stop) => this.#look(stop) }, signal);
  }

  async scan([place]: readonly Place[], signal: AbortSignal): Promise<RunningScan> {
    if (!place) throw new TargetFault('refused', 'There is nothing to look at.');
    const { clock } = this.parts;
    const sections = await this.#sections(signal);
    this.demand(place.folder, sections, 'Its media folders');
    const look = (stop: AbortSignal): Promise<Look> => this.#look(stop);
    const { mark } = await look(signal);
    await this.#ask(['rescan', 'full', fileUrl(place.folder)], signal);
    const has = (proof: Proof, stop: AbortSignal): Promise<boolean> => this.has(proof, stop);
    const following = { clock, places: [place], markBefore: mark, look, has };
    return { outcome: (stop): Promise<Outcome> => follow(following, stop) };
  }

  async has({ file, title }: Proof, signal: AbortSignal): Promise<boolean> {
    const named = await this.#ask(['titles', 0, FOUND, `search:${title}`, 'tags:u'], signal);
    if (isAmong(named.titles_loop, file)) return true;
    const { songinfo_loop } = await this.#ask(['songinfo', 0, 20, `url:${fileUrl(file)}`, 'tags:u'], signal);
    return isAmong(songinfo_loop, file);
  }

  async #look(signal: AbortSignal): Promise<Look> {
    const { rescan } = await this.#ask(['rescanprogress'], signal);
    const { lastscan } = await this.#ask(['serverstatus', 0, 0], signal);
    return { busy: rescan, mark: lastscan };
  }

  async #sections(signal: AbortSignal): Promise<Section[]> {
    const { _p2 } = await this.#ask(['pref', 'mediadirs', '?'], signal);
    const folders = typeof _p2 === 'string' ? [_p2] : (_p2 ?? []);
    return [{ section: 'media', title: 'Media folders', folders }];
  }

  async #ask(command: readonly (string | number)[], signal: AbortSignal): Promise<LmsAnswer> {
    const { section: user = '', secret } = this.parts;
    const basic = Buffer.from(`${user}:${secret ?? ''}`, 'utf8').toString('base64');
    const answer = await this.http.json(
      {
        method: 'POST',
        path: '/jsonrpc.js',
        headers: secret === undefined ? {} : { authorization: `Basic ${basic}` },
        json: { id: 1, method: 'slim.request', params: ['', command] },
      },
      LmsAnswer,
      signal,
    );
    return answer.result;
  }
}

const isAmong = (songs: readonly { readonly url?: string | undefined }[], file: string): boolean =>
  songs.some(({ url }) => {
    const path = url === undefined ? undefined : pathOf(url);
    return path !== undefined && samePath(path, file);
  });
