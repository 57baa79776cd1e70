import { copyFileSync, mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openActivity } from '../../src/activity/index.js';
import { silentLogger } from '../../src/base/index.js';
import { Jobs } from '../../src/jobs/index.js';
import { openLibrary } from '../../src/library/index.js';
import { openPeople } from '../../src/people/index.js';
import type { Album } from '../../src/protocol/index.js';
import { KeptList, loadState, sqliteKeeper, Store, type RoomRecord } from '../../src/state/index.js';
import { migrate, openDb, SCHEMA_VERSION, type Db } from '../../src/storage/index.js';
import { ManualClock } from '../fakes/manual-clock.js';

const FIXTURES = resolve(import.meta.dirname, '../fixtures/databases');

/** A copy of the database a released version wrote: two rooms, an album, a stream, an undone shuffle, a playlist. */
function copyOf(version: number): Db {
  const file = join(mkdtempSync(join(tmpdir(), 'tutti-upgrade-')), 'tutti.db');
  copyFileSync(join(FIXTURES, `version-${version}.db`), file);
  return openDb(file);
}

const versionOf = (db: Db): number => Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
const schemaOf = (db: Db): unknown[] =>
  db.prepare("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name").all();
const titles = (room: RoomRecord): string[] => room.queue.items.map((item) => item.title);

describe('a database of an earlier version', () => {
  const versions = Array.from({ length: SCHEMA_VERSION }, (_, index) => index + 1);

  it('is kept for every version there was', () => {
    expect(readdirSync(FIXTURES).sort()).toEqual(versions.map((version) => `version-${version}.db`).sort());
  });

  it.each(versions)('%i has, after its upgrade, the schema of a new database', (version) => {
    const [old, fresh] = [copyOf(version), openDb(':memory:')];
    expect(migrate(old)).toEqual({ from: version, to: SCHEMA_VERSION });
    migrate(fresh);
    expect(versionOf(old)).toBe(SCHEMA_VERSION);
    expect(schemaOf(old)).toEqual(schemaOf(fresh));
  });

  it.each(versions)('%i keeps rooms, queues, undo, volumes and playlists', (version) => {
    const db = copyOf(version);
    migrate(db);
    const { rooms, players } = loadState(db, 'test');
    const kitchen = rooms.get('kitchen')!;
    expect(titles(kitchen)).toEqual(['Welle 1', 'Welle 2', 'Welle 3', 'Radio']);
    expect(kitchen.kept).toMatchObject({
      name: 'Küche',
      intent: 'paused',
      repeat: 'all',
      volume: 0.3,
      item_id: kitchen.queue.items[0]!.item_id,
    });
    expect([kitchen.edits.done.length, kitchen.edits.undone.map((edit) => edit.label)]).toEqual([
      2,
      ['shuffle'],
    ]);
    expect(titles(rooms.get('bath')!)).toEqual(['Welle 1', 'Welle 2', 'Welle 3']);
    expect(players.get('bath')!.kept).toMatchObject({ kind: 'mpd', origin: 'config', room_id: 'bath' });
    expect(db.prepare('SELECT name, track_count FROM playlists').all()).toEqual([
      { name: 'Abends', track_count: 3 },
    ]);
    expect(db.prepare('SELECT count(*) AS n FROM tracks').get()).toEqual({ n: 3 });
  });
});

describe('a database of version 2', () => {
  it('keeps limits, quiet hours, latencies, and parties with their people and chat', () => {
    const db = copyOf(2);
    migrate(db);
    const { rooms, players } = loadState(db, 'test');
    const kitchen = rooms.get('kitchen')!;
    expect(kitchen.kept.volume_limit).toBe(0.8);
    expect(kitchen.kept.quiet_hours).toEqual({ from: '22:00', to: '07:00', limit: 0.3 });
    expect(players.get('bath')!.kept).toMatchObject({
      latency_ms: 40,
      volume_limit: 0.9,
      home_room_id: 'bath',
    });
    expect(kitchen.party?.kept.rules.description).toBe('Küchenparty');
    expect(kitchen.party?.kept.members.map(({ name }) => name)).toEqual(['Ann']);
    expect(kitchen.party?.chat.map(({ message }) => message)).toEqual(['Hallo']);
    expect(rooms.get('bath')!.party).toBeUndefined();
  });
});

describe('a database of a version that kept the volumes of before a clip with rooms', () => {
  it('keeps them for its players', () => {
    const db = copyOf(6);
    migrate(db);
    const before_clip = { kitchen: { volume: 0.3, muted: true } };
    db.prepare(
      "UPDATE rooms SET value = json_set(value, '$.before_clip', json(?)) WHERE room_id = 'kitchen'",
    ).run(JSON.stringify(before_clip));
    const { rooms, players } = loadState(db, 'test');
    expect(players.get('kitchen')?.kept.before).toEqual({ clip: { volume: 0.3, muted: true } });
    expect(rooms.get('kitchen')?.kept).not.toHaveProperty('before_clip');
  });
});

describe('a database of version 3', () => {
  it('keeps people: passwords, sessions, guests and API tokens', async () => {
    const db = copyOf(3);
    migrate(db);
    const people = openPeople({
      db,
      clock: new ManualClock(),
      log: silentLogger,
      mode: 'required',
      knowsRoom: () => true,
      changed: () => undefined,
    });
    const { entrance } = people;
    const from = { address: '192.168.1.22', agent: 'test' };
    expect(people.firstLink()).toBeUndefined();
    expect(await entrance.identify('session-secret', 'cookie', from.address)).toMatchObject({ name: 'Änn' });
    expect(await entrance.identify('guest-secret', 'cookie', from.address)).toMatchObject({
      role: 'guest',
      room_id: 'kitchen',
      name: 'Cleo',
    });
    expect(await entrance.identify('tutti_token-secret', 'bearer', from.address)).toMatchObject({
      role: 'device',
      scopes: ['control'],
    });
    const { identity } = await entrance.signIn(
      { how: 'password', name: 'änn', password: 'Tannenzapfen' },
      from,
    );
    expect(identity).toMatchObject({ role: 'admin', name: 'Änn' });
    people.close();
  });
});

describe('a database of version 4', () => {
  it('keeps hearts, what happened lately, and a job that never ended', () => {
    const db = copyOf(4);
    migrate(db);
    const [clock, state] = [new ManualClock(), loadState(db, 'test')];
    const store = new Store({ state, epoch: 'test', keeper: sqliteKeeper(db) });
    const album = { album_id: 'al-jrtq7ycv9988' } as Album;
    const { handlers } = openActivity({
      db,
      store,
      clock,
      album: () => album,
      track: () => undefined,
      artist: () => undefined,
    });
    const ann = { connection_id: 'test', role: 'admin', subject_id: 'ann' } as const;
    const asked = { offset: 0, limit: 10 };
    expect(handlers['library:hearts'](asked, ann)).toMatchObject({ total: 1, items: [album] });
    expect(handlers['activity:list']({}, ann)).toMatchObject({
      activity: [{ action: 'heart', username: 'Änn', title: 'Über Wasser' }],
    });
    const jobs = new Jobs({ db, store, clock, log: silentLogger });
    expect(jobs.list(10)).toMatchObject([
      { kind: 'library-scan', state: 'failed', error: { retryable: true } },
    ]);
    jobs.close();
  });
});

describe('a database of version 5', () => {
  it('keeps what waits for a person, other music servers with their secrets, and hearts of tracks', () => {
    const db = copyOf(5);
    migrate(db);
    const store = new Store({ state: loadState(db, 'test'), epoch: 'test', keeper: sqliteKeeper(db) });
    const own = z.looseObject({});
    const imports = new KeptList({ db, store, list: 'imports', own });
    const targets = new KeptList({ db, store, list: 'targets', own });
    expect(imports.all()).toMatchObject([
      { item: { candidate_id: 'c-1', state: 'review', reason: 'One track is missing' } },
    ]);
    expect(targets.all()).toMatchObject([
      { item: { kind: 'plex', section: '3' }, own: { secret: 'plex-token' } },
    ]);
    expect(db.prepare('SELECT user_id FROM track_hearts').all()).toEqual([{ user_id: 'ann' }]);
  });
});

describe('a database of version 6', () => {
  it('keeps how often tracks were played, and when last', () => {
    const db = copyOf(6);
    migrate(db);
    const library = openLibrary({
      db,
      musicDir: tmpdir(),
      cacheDir: tmpdir(),
      clock: new ManualClock(),
      log: silentLogger,
      demo: false,
      watch: false,
      mediaKey: Buffer.alloc(32, 7),
      onState: () => undefined,
      onUpdated: () => undefined,
    });
    const asked = { offset: 0, limit: 10, sort: 'most_played' } as const;
    const ann = { connection_id: 'test', role: 'admin' } as const;
    const last_played_at = '2026-11-20T19:30:00.000Z';
    expect(library.handlers['library:albums'](asked, ann)).toMatchObject({
      total: 1,
      items: [{ title: 'Über Wasser', play_count: 4, last_played_at }],
    });
  });
});

describe('a database', () => {
  it('of a newer Tutti is refused and left as it is', () => {
    const db = openDb(':memory:');
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    expect(() => migrate(db)).toThrow('the database is of version');
    expect(versionOf(db)).toBe(SCHEMA_VERSION + 1);
  });

  it('is readable by nobody else', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'tutti-upgrade-')), 'tutti.db');
    openDb(file).close();
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('relaxes one transaction and no more, also when it throws', () => {
    const db = openDb(':memory:');
    const mode = (): unknown => db.prepare('PRAGMA synchronous').get()?.['synchronous'];
    const [normal, full] = [1, 2];
    expect(mode()).toBe(full);
    expect(db.transaction(mode, 'normal')).toBe(normal);
    expect(() =>
      db.transaction(() => {
        throw new Error('no');
      }, 'normal'),
    ).toThrow('no');
    expect(mode()).toBe(full);
  });

  it('rolls back a transaction that throws, and the ones inside it', () => {
    const db = openDb(':memory:');
    db.exec('CREATE TABLE t (a)');
    const insert = (): void => void db.prepare('INSERT INTO t VALUES (1)').run();
    expect(() =>
      db.transaction(() => {
        insert();
        db.transaction(insert);
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(db.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 0 });
  });
});
