import * as z from 'zod';
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
import { confirmed, missing } from './follow.js';
import { HttpTarget } from './http-target.js';
import { headerValue, type Ask } from './http.js';
import { samePath } from './paths.js';
import { pause } from './pause.js';

const SystemInfo = z.object({ Version: z.string().max(100).optional() });
const Folders = z
  .array(
    z.object({
      Name: z.string().default(''),
      ItemId: z.string().default(''),
      CollectionType: z.string().nullish(),
      Locations: z.array(z.string()).max(1000).default([]),
    }),
  )
  .max(1000);
const Items = z.object({
  Items: z
    .array(z.object({ Path: z.string().nullish() }))
    .max(10_000)
    .default([]),
});
type Items = z.infer<typeof Items>;

const LOOK_MS = 10_000;
/** It waits a minute of its own before it looks, then reads tags and pictures. */
const LONGEST_MS = 5 * 60_000;
const NARROW = 200;
const PAGE = 500;
const MOST_PAGES = 10;

/** Jellyfin. It is told which paths changed, looks at them when a minute has been calm, and says nothing about it: only the files tell. */
export class JellyfinTarget extends HttpTarget implements ScanTarget {
  readonly most = 50;

  async check(signal: AbortSignal): Promise<TargetHealth> {
    const headers = this.#headers();
    const about = await this.http.json({ path: '/System/Info', headers }, SystemInfo, signal);
    return { version: about.Version, sections: await this.#sections(signal) };
  }

  /** It gathers what it is told, whatever it does. */
  async calm(): Promise<boolean> {
    return true;
  }

  async scan(places: readonly Place[], signal: AbortSignal): Promise<RunningScan> {
    const sections = await this.#sections(signal);
    for (const { folder } of places) this.demand(folder, sections, 'Its music libraries');
    const Updates = places.map(({ folder }) => ({ Path: folder, UpdateType: 'Modified' }));
    const ask: Ask = {
      method: 'POST',
      path: '/Library/Media/Updated',
      headers: this.#headers(),
      json: { Updates },
    };
    await this.http.ask(ask, signal);
    return { outcome: (stop): Promise<Outcome> => this.#outcome(places, stop) };
  }

  has(proof: Proof, signal: AbortSignal): Promise<boolean> {
    return this.#has(proof, MOST_PAGES, signal);
  }

  /** By its title, then among so many pages of the newest. */
  async #has({ file, title }: Proof, pages: number, signal: AbortSignal): Promise<boolean> {
    if (isAmong(await this.#items({ searchTerm: title, limit: String(NARROW) }, signal), file)) return true;
    for (let page = 0; page < pages; page++) {
      const query = { sortBy: 'DateCreated', sortOrder: 'Descending', limit: String(PAGE) };
      const items = await this.#items({ ...query, startIndex: String(page * PAGE) }, signal);
      if (isAmong(items, file)) return true;
      if (items.Items.length < PAGE) return false;
    }
    return false;
  }

  async #outcome(places: readonly Place[], signal: AbortSignal): Promise<Outcome> {
    const { clock } = this.parts;
    if (places.every(({ proofs }) => proofs.length === 0))
      return {
        result: 'scanned',
        message: 'It was told where music was taken away, and looks within a minute.',
      };
    const startUs = clock.nowUs();
    for (;;) {
      await pause(clock, LOOK_MS, signal);
      const isOver = (clock.nowUs() - startUs) / 1000 >= LONGEST_MS;
      const pages = isOver ? MOST_PAGES : 1;
      const has = (proof: Proof, stop: AbortSignal): Promise<boolean> => this.#has(proof, pages, stop);
      const lost = await missing({ places, has }, signal);
      if (!lost) return confirmed({ places });
      if (isOver)
        return {
          result: 'timeout',
          message: `It was told, but does not have ${lost.file} after 5 minutes. Check the path mappings, and whether it may read that folder.`,
        };
    }
  }

  #items(query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Items> {
    const all = {
      recursive: 'true',
      includeItemTypes: 'Audio',
      fields: 'Path',
      enableTotalRecordCount: 'false',
      ...query,
    };
    return this.http.json({ path: '/Items', query: all, headers: this.#headers() }, Items, signal);
  }

  async #sections(signal: AbortSignal): Promise<Section[]> {
    const ask: Ask = { path: '/Library/VirtualFolders', headers: this.#headers() };
    const folders = await this.http.json(ask, Folders, signal);
    const music = folders.filter(({ CollectionType: type }) => !type || type === 'music' || type === 'mixed');
    if (music.length === 0)
      throw new TargetFault('refused', 'It has no music library. Make one there first.');
    return music.map(({ ItemId, Name, Locations }) => ({ section: ItemId, title: Name, folders: Locations }));
  }

  #headers(): Record<string, string> {
    const token = headerValue(this.parts.secret);
    if (token.includes('"')) throw refusal('The key has characters that no key has. Enter it again.');
    return { authorization: `MediaBrowser Client="Tutti", Token="${token}"` };
  }
}

const isAmong = ({ Items }: Items, file: string): boolean =>
  Items.some(({ Path }) => typeof Path === 'string' && samePath(Path, file));
