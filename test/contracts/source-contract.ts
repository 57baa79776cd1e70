import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/index.js';
import type { Caps, FetchOrder, FreeBytes, Source } from '../../src/pipeline/sources/index.js';
import { CAPS, FetchingHouse } from '../fakes/fetching.js';
import { until } from '../until.js';

export interface SourceWish {
  readonly caps?: Caps;
  readonly free?: FreeBytes;
}

/** A source and what it fetches from. */
export interface SourceRig {
  source(wish?: SourceWish): Source;
  /** Address of one file of music, of something that is none, of nothing. Undefined for a source without addresses. */
  url(what: 'music' | 'no-music' | 'gone'): string | undefined;
  /** Brings there what a source without addresses takes. */
  prepare?(order: FetchOrder, what: 'music' | 'no-music' | 'gone'): Promise<void>;
  /** From now on music stops in the middle, or comes whole again. */
  hold(held: boolean): void;
  /** How often something was asked for; bytes that were sent. */
  asked(): number;
  sent(): number;
  /** Whether what was asked for last was the rest of something. */
  wentOn(): boolean;
  /** Of the music. */
  readonly sha256: string;
  readonly size_bytes: number;
  close(): Promise<void>;
}

/** What every source has to hold. `remote`: it fetches from an address, and can be stopped in the middle. */
export function sourceContract(
  name: string,
  { remote, start }: { readonly remote: boolean; readonly start: () => Promise<SourceRig> },
): void {
  describe(`the source ${name}`, () => {
    let rig: SourceRig;
    let house: FetchingHouse;
    let serial = 0;

    beforeEach(async () => {
      house = await FetchingHouse.open();
      rig = await start();
    });
    afterEach(async () => {
      await rig.close();
      await house.close();
    });

    async function order(what: 'music' | 'no-music' | 'gone' = 'music'): Promise<FetchOrder> {
      const download_id = `download-${++serial}`;
      const url = rig.url(what);
      const made = {
        download_id,
        folder: join(house.incoming, download_id),
        ...(url !== undefined && { url }),
      };
      await rig.prepare?.(made, what);
      return made;
    }

    const soundOf = (files: Record<string, string>): string[] =>
      Object.entries(files).flatMap(([path, sha]) => (path.endsWith('.json') ? [] : [sha]));

    it('brings music whole, byte for byte, and leaves nothing else behind', async () => {
      const wanted = await order();
      const fetched = await rig.source().run(wanted, house.context());
      const files = await house.files(wanted.folder);
      expect(soundOf(files)).toEqual([rig.sha256]);
      expect(fetched.files.map(({ path }) => path).toSorted()).toEqual(Object.keys(files).toSorted());
      expect(fetched.files.find(({ codec }) => codec === 'flac')?.duration_seconds).toBeGreaterThan(1);
      expect(fetched.title).not.toBe('');
    });

    it('asks nobody again for what it has brought', async () => {
      const wanted = await order();
      const first = await rig.source().run(wanted, house.context());
      const asked = rig.asked();
      expect(await rig.source().run(wanted, house.context())).toEqual(first);
      expect(rig.asked()).toBe(asked);
    });

    it('hands on nothing that is no music, and says so for good', async () => {
      const wanted = await order('no-music');
      const failed = rig.source().run(wanted, house.context());
      await expect(failed).rejects.toMatchObject({ code: 'ERR_SOURCE', retryable: false });
      expect(await house.files(wanted.folder)).toEqual({});
    });

    it('says why there is nothing', async () => {
      const failed = rig.source().run(await order('gone'), house.context());
      await expect(failed).rejects.toBeInstanceOf(AppError);
      await expect(failed).rejects.toMatchObject({ code: 'ERR_SOURCE' });
    });

    it('does not begin when it is stopped already', async () => {
      const wanted = await order();
      const reason = new Error('stopped');
      const failed = rig.source().run(wanted, house.context(AbortSignal.abort(reason)));
      await expect(failed).rejects.toBe(reason);
      expect(await house.files(wanted.folder)).toEqual({});
    });

    it('tells how far it is, and when it begins to look at what came', async () => {
      await rig.source().run(await order(), house.context());
      const counts = house.news.flatMap(({ current }) => current ?? []);
      expect(counts.every((bytes) => bytes >= 0 && bytes <= rig.size_bytes * 2)).toBe(true);
      expect(house.news.at(-1)?.stage).toBe('check');
    });

    if (!remote) return;

    it('stops soon in the middle, with the reason, and shows nothing half', async () => {
      const wanted = await order();
      rig.hold(true);
      const stop = new AbortController();
      const going = rig.source().run(wanted, house.context(stop.signal));
      going.catch(() => undefined);
      await until('it is in the middle', () => rig.sent() > 0);
      const reason = new Error('stopped');
      stop.abort(reason);
      await expect(going).rejects.toBe(reason);
      expect(await house.files(wanted.folder)).toEqual({});
    });

    it('brings the whole after it was stopped, going on where it was if it can', async () => {
      const wanted = await order();
      rig.hold(true);
      const stop = new AbortController();
      const going = rig.source().run(wanted, house.context(stop.signal));
      going.catch(() => undefined);
      await until('a part of it is there', () =>
        house.news.some(({ current = 0 }) => !rig.source().capabilities.resume || current >= 50_000),
      );
      stop.abort(new Error('stopped'));
      await expect(going).rejects.toThrow('stopped');
      rig.hold(false);
      await rig.source().run(wanted, house.context());
      expect(soundOf(await house.files(wanted.folder))).toEqual([rig.sha256]);
      expect(rig.wentOn()).toBe(rig.source().capabilities.resume);
    });

    it('takes no more than it may', async () => {
      const wanted = await order();
      const failed = rig.source({ caps: { ...CAPS, max_bytes: 100_000 } }).run(wanted, house.context());
      await expect(failed).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
      expect(await house.files(wanted.folder)).toEqual({});
    });

    it('leaves the reserve of the disk alone', async () => {
      const wanted = await order();
      const free = async (): Promise<number> => CAPS.reserve_bytes - 1;
      const failed = rig.source({ free }).run(wanted, house.context());
      await expect(failed).rejects.toMatchObject({ code: 'ERR_SPACE', retryable: true });
      expect(await house.files(wanted.folder)).toEqual({});
    });

    it('ends when it takes too long', async () => {
      rig.hold(true);
      const failed = rig.source({ caps: { ...CAPS, max_ms: 400 } }).run(await order(), house.context());
      await expect(failed).rejects.toMatchObject({ code: 'ERR_SOURCE', retryable: false });
    });

    it('plans nothing inside the own network', async () => {
      const source = rig.source();
      for (const url of ['http://192.168.1.1/a.flac', 'http://[::1]/a.flac', 'https://127.0.0.2/a.flac'])
        await expect(source.plan(url, new AbortController().signal)).rejects.toMatchObject({
          code: 'ERR_ADDRESS_REFUSED',
        });
    });
  });
}
