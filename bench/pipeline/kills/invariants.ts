import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImportPlan } from '../../../src/pipeline/contract.js';
import { openHouse, playsOf, type KillHouse } from './house.js';
import { sumsOf, TITLES } from './files.js';
import type { KillStage, Scene } from './stage.js';

const MARKERS = new Set(['.ndignore', '.plexignore', '.nomedia']);
const FOLDER = 'Otter/Rivers (2001)';
const NEW = [...TITLES.map((title, n) => `${FOLDER}/0${n + 1} ${title}.flac`), `${FOLDER}/cover.png`];

/** `old`: what was there before (nothing, for a new album); `absent`: the time between the two renames of an upgrade. */
type Seen = 'old' | 'new' | 'absent' | 'broken';

/** Looks at the disk as a scanner would, after a kill. Which of the files of the new album have which sums is learned from `whole`. */
export class Invariants {
  readonly #stage: KillStage;
  /** Of the new album, as an undisturbed import leaves it. */
  readonly #whole: ReadonlyMap<string, string>;

  constructor(stage: KillStage, whole: ReadonlyMap<string, string>) {
    this.#stage = stage;
    this.#whole = whole;
  }

  /** What is wrong right after the kill: nothing half may be seen, and nothing may be lost. */
  async afterKill(scene: Scene): Promise<string[]> {
    const seen = await this.#seen(scene);
    const found =
      seen === 'broken' || (seen === 'absent' && scene.what === 'new') ? [`visible: ${seen}`] : [];
    return [...found, ...(await this.#lost(scene, seen))];
  }

  /** What is wrong when recovery, the same plan again, and once more, and a scan have run. */
  async afterRecovery(scene: Scene): Promise<string[]> {
    const house = await openHouse(scene);
    const found: string[] = [];
    try {
      await house.importer.recover();
      const seen = await this.#seen(scene);
      if (seen !== 'new' && seen !== 'old') found.push(`after recovery: ${seen}`);
      found.push(...(await this.#lost(scene, seen)), ...(await untidy(scene)));
      found.push(...this.#rows(house, scene, seen).map((text) => `after recovery: ${text}`));
      const plan = JSON.parse(await readFile(scene.planFile, 'utf8')) as ImportPlan;
      const run = (): Promise<unknown> =>
        house.importer.run(plan, () => undefined, new AbortController().signal);
      const first = await run();
      if (JSON.stringify(await run()) !== JSON.stringify(first))
        found.push('the same plan again answered otherwise');
      found.push(...(await this.#final(house, scene)));
      const before = JSON.stringify(house.db.prepare('SELECT * FROM tracks').all());
      await house.scan();
      if (JSON.stringify(house.db.prepare('SELECT * FROM tracks').all()) !== before)
        found.push('a scan found something changed');
      if ((await house.importer.recover()).length > 0) found.push('recovery found something to do again');
    } catch (error) {
      found.push(`failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    } finally {
      await house.close();
    }
    return found;
  }

  async #final(house: KillHouse, scene: Scene): Promise<string[]> {
    const found: string[] = [];
    const seen = await this.#seen(scene);
    if (seen !== 'new') found.push(`at the end: ${seen}`);
    found.push(
      ...(await this.#lost(scene, seen)),
      ...(await untidy(scene)),
      ...this.#rows(house, scene, 'new'),
    );
    if ((await sumsOf(scene.candidate, true)).size > 0) found.push('sources are left');
    return found;
  }

  async #seen(scene: Scene): Promise<Seen> {
    const files = await sumsOf(scene.musicDir);
    const old = scene.what === 'upgrade' ? this.#stage.old : new Map<string, string>();
    if (equal(files, this.#whole)) return 'new';
    if (equal(files, old)) return 'old';
    return files.size === 0 ? 'absent' : 'broken';
  }

  /** Every file is somewhere, whole. */
  async #lost(scene: Scene, seen: Seen): Promise<string[]> {
    const found: string[] = [];
    const sources = await sumsOf(scene.candidate);
    if (seen !== 'new' && !equal(sources, this.#stage.sources))
      found.push('sources are gone, the album is not there');
    if (scene.what === 'upgrade' && seen !== 'old') {
      const trash = await sumsOf(join(scene.musicDir, '.trash', 'i-1'));
      if (!equal(trash, this.#stage.old)) found.push('the old album is not whole in the trash');
    }
    return found;
  }

  #rows(house: KillHouse, scene: Scene, seen: Seen): string[] {
    const { db, library } = house;
    const count = (sql: string): number => Number(db.prepare(sql).get()?.['n']);
    const found: string[] = [];
    const expect = (what: string, is: unknown, wanted: unknown): void => {
      if (JSON.stringify(is) !== JSON.stringify(wanted)) found.push(`${what}: ${JSON.stringify(is)}`);
    };
    const isUpgrade = scene.what === 'upgrade';
    expect('play counts', playsOf(house), isUpgrade ? this.#stage.before.plays : []);
    const names = db
      .prepare('SELECT name FROM tracks ORDER BY name')
      .all()
      .map((row) => String(Buffer.from(row['name'] as Uint8Array)));
    if (seen === 'old') {
      expect('tracks of the old state', names.length, isUpgrade ? 3 : 0);
      expect('told of the old state', count('SELECT count(*) AS n FROM told'), 0);
      expect('trash of the old state', count('SELECT count(*) AS n FROM trash'), 0);
      return found;
    }
    expect(
      'tracks',
      names,
      TITLES.map((title, n) => `0${n + 1} ${title}.flac`),
    );
    expect('told', count('SELECT count(*) AS n FROM told'), 1);
    expect('sums', count('SELECT count(*) AS n FROM file_sums'), 3);
    expect('albums', count('SELECT count(*) AS n FROM albums'), 1);
    expect('trash', count('SELECT count(*) AS n FROM trash'), isUpgrade ? 1 : 0);
    if (isUpgrade) {
      const tracks = db.prepare('SELECT track_id FROM tracks ORDER BY track_number').all();
      expect(
        'ids',
        tracks.map((row) => row['track_id']),
        this.#stage.before.track_ids,
      );
      expect('album', library.album(this.#stage.before.album_id)?.track_count, 3);
      expect('plays that are shown', shownPlays(library, this.#stage.before.album_id), [3, 1, 2, 0]);
    }
    return found;
  }
}

/** Of the album, and of its tracks in their order. */
function shownPlays(library: KillHouse['library'], album_id: string): unknown[] {
  const shown = library.handlers['library:album']({ album_id }, { connection_id: 'kills', role: 'admin' });
  if (shown instanceof Promise) throw new Error('an album comes at once');
  return [shown.album, ...shown.tracks].map(({ play_count }) => play_count);
}

async function untidy(scene: Scene): Promise<string[]> {
  const left = [...(await sumsOf(join(scene.musicDir, '.staging'), true)).keys()].filter(
    (name) => !MARKERS.has(name),
  );
  return left.length > 0 ? [`staging is not empty: ${left.join(', ')}`] : [];
}

const equal = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  a.size === b.size && [...a].every(([path, sum]) => b.get(path) === sum);

export const isWhole = (files: ReadonlyMap<string, string>): boolean =>
  files.size === NEW.length && NEW.every((path) => files.has(path));
