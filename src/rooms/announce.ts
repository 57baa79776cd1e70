import { AppError, deferred, randomId, toError, type Deferred } from '../base/index.js';
import type { CommandRequest, Handlers, Outcome, Role } from '../protocol/index.js';
import { currentItem, type PlayerRecord, type RoomRecord } from '../state/index.js';
import { Clip } from './announce-clip.js';
import { turnForClip } from './announce-volumes.js';
import type { Company } from './company.js';
import { isQuiet } from './levels.js';
import type { Knobs } from './levels-knobs.js';
import type { OwnLevels } from './levels-own.js';
import { membersOf, positionNow, roomOf, type RoomParts } from './parts.js';
import type { Starter } from './starter.js';
import { Turns } from './turns.js';

export interface AnnounceParts extends RoomParts {
  readonly starter: Starter;
  readonly company: Company;
  readonly knobs: Knobs;
  readonly own: OwnLevels;
  readonly turns: Turns;
}

type Request = CommandRequest<'room:announce'>;

/** How loud a clip may be is for the role of who announces; one volume holds for all rooms, so quiet hours in one of them count. */
function held(parts: AnnounceParts, request: Request, role: Role): Request {
  const { rooms } = parts.store.state;
  const quiet = request.room_ids.some((id) => {
    const room = rooms.get(id);
    return room !== undefined && isQuiet(parts, room);
  });
  const limit = parts.roleLimits?.of(role, quiet) ?? 1;
  if (request.volume === undefined || request.volume <= limit) return request;
  return { ...request, volume: limit };
}

/** Announcements of a room that play or wait. */
const MAX_DUE = 8;

/**
 * Plays clips over the music of rooms. What is restored afterwards is the room as it is kept, held still meanwhile: so it survives a
 * restart, the clip is never part of it, and what people ask for during the clip (pause, another place, the next item) holds after it.
 */
export class Announcer {
  readonly handlers: Handlers<'room:announce'>;
  readonly #parts: AnnounceParts;
  /** Announcements of a room, one after the other. */
  readonly #lines = new Turns();
  /** Announcements that play or wait, by room. */
  readonly #due = new Map<string, number>();
  readonly #clips = new Set<Clip>();
  #closed = false;

  constructor(parts: AnnounceParts) {
    this.#parts = parts;
    this.handlers = {
      'room:announce': async (request, { role }) => ({
        outcomes: await this.#announce(held(parts, request, role)),
      }),
    };
  }

  /** What plays goes on by itself; a room finds back to its music when the server is there again. */
  close(): void {
    this.#closed = true;
    for (const clip of this.#clips) clip.close();
  }

  /** Answers when the clip begins; at once when it has to wait for another one. */
  async #announce(request: Request): Promise<Outcome[]> {
    const roomIds = [...new Set(request.room_ids)];
    const members = roomIds.flatMap((id) => membersOf(this.#parts, roomOf(this.#parts, id)));
    if (members.length === 0) throw new AppError('ERR_ROOM_EMPTY', 'no player is in these rooms');
    const make = await this.#clipOf(request.clip);
    const waits = roomIds.some((id) => this.#due.has(id));
    if (roomIds.some((id) => (this.#due.get(id) ?? 0) >= MAX_DUE))
      throw new AppError('ERR_BUSY', 'too many announcements wait in this room', {
        params: { max: MAX_DUE },
      });
    const begun = deferred<Outcome[]>();
    for (const id of roomIds) this.#due.set(id, (this.#due.get(id) ?? 0) + 1);
    this.#lines
      .takeAll(roomIds, () => this.#run(roomIds, make, request.volume, begun))
      .catch((error: unknown) => {
        begun.reject(error);
        this.#parts.log.warn({ error: toError(error).message }, 'an announcement failed');
      });
    if (!waits) return begun.promise;
    begun.promise.catch(() => undefined);
    return members.map(({ kept: { player_id } }) => {
      return { player_id, outcome: 'queued', reason: 'it follows the announcement that plays now' };
    });
  }

  async #clipOf(source: Request['clip']): Promise<() => Clip> {
    const ref = `clip-${randomId(8)}`;
    const { library, players } = this.#parts;
    if ('url' in source) {
      const { url } = await library.stream(source.url);
      const media = { ref, url, title: 'Announcement', live: false };
      return () => new Clip(this.#parts, { ref, seconds: undefined, media: () => media });
    }
    const { track_id } = source;
    const asItIs = library.file(track_id, 'all');
    if (!asItIs) throw new AppError('ERR_TRACK_NOT_FOUND', 'the library has no track with this id');
    return () =>
      new Clip(this.#parts, {
        ref,
        seconds: asItIs.duration_seconds,
        media: (playerId) => {
          const file = library.file(track_id, players.codecs(playerId)) ?? asItIs;
          const { path, relative_path, url_path, duration_seconds } = file;
          return { ref, path, relative_path, url_path, duration_seconds, title: 'Announcement', live: false };
        },
      });
  }

  async #run(
    roomIds: readonly string[],
    make: () => Clip,
    volume: number | undefined,
    begun: Deferred<Outcome[]>,
  ): Promise<void> {
    const { turns, store } = this.#parts;
    const clip = make();
    this.#clips.add(clip);
    const present = roomIds.filter((id) => store.state.rooms.has(id));
    try {
      const outcomes = await turns.takeAll(present, () => this.#begin(present, clip, volume));
      if (!outcomes.some(({ outcome }) => outcome === 'applied')) throw refused(outcomes, clip);
      begun.resolve(outcomes);
      const playing = new Set(
        outcomes.flatMap(({ player_id, outcome }) => (outcome === 'applied' ? [player_id] : [])),
      );
      await Promise.all(
        present.map(async (roomId) => {
          const room = store.state.rooms.get(roomId);
          await clip.over((room?.kept.player_ids ?? []).filter((id) => playing.has(id)));
          await this.#finish(roomId, clip);
        }),
      );
    } catch (error) {
      for (const roomId of present) await this.#finish(roomId, clip);
      throw error;
    } finally {
      for (const roomId of roomIds) this.#settle(roomId);
      clip.close();
      this.#clips.delete(clip);
    }
  }

  /** In the turns of all rooms: their music stands still, and the clip begins everywhere at one moment. */
  async #begin(roomIds: readonly string[], clip: Clip, volume: number | undefined): Promise<Outcome[]> {
    const members: PlayerRecord[] = [];
    const stills = roomIds.map((roomId) => {
      const room = roomOf(this.#parts, roomId);
      members.push(...membersOf(this.#parts, room));
      this.#parts.turns.hold(roomId);
      return stillOf(this.#parts, room);
    });
    for (const still of stills) still();
    const outcomes = await clip.prepare(members);
    // A report of the old music may have come meanwhile.
    for (const still of stills) still();
    const ready = members.filter((player) =>
      outcomes.some((one) => one.player_id === player.kept.player_id && one.outcome === 'applied'),
    );
    if (volume !== undefined) await turnForClip(this.#parts, ready, volume);
    await clip.play(ready);
    return outcomes;
  }

  /** The room goes on as it is kept, unless it does already, or another announcement follows at once. */
  async #finish(roomId: string, clip: Clip): Promise<void> {
    const { turns, store, log, company } = this.#parts;
    const room = store.state.rooms.get(roomId);
    if (this.#closed || !room || !turns.isHeld(roomId)) return;
    try {
      await turns.take(room, async () => {
        await this.#parts.own.clipOver(roomId);
        if ((this.#due.get(roomId) ?? 0) > 1) return;
        turns.release(roomId);
        await this.#restore(roomId, clip);
      });
    } catch (error) {
      log.warn({ room_id: roomId, error: toError(error).message }, 'a room did not find back to its music');
    }
    if (!turns.isHeld(roomId)) company.look(roomId);
  }

  async #restore(roomId: string, clip: Clip): Promise<void> {
    const { store, starter, players } = this.#parts;
    const room = store.state.rooms.get(roomId);
    if (!room) return;
    const item = currentItem(room);
    const stands = room.live.state === 'paused';
    const position = item?.duration_seconds === undefined ? 0 : positionNow(this.#parts, room);
    if (item && stands && room.kept.intent !== 'stopped') {
      await starter.start(roomId, item, position, room.kept.intent === 'playing');
      return;
    }
    const left = membersOf(this.#parts, room).filter((player) => clip.isOn(player));
    await Promise.all(left.map(({ kept }) => players.execute(kept.player_id, { type: 'stop' })));
  }

  #settle(roomId: string): void {
    const due = (this.#due.get(roomId) ?? 1) - 1;
    if (due > 0) this.#due.set(roomId, due);
    else {
      this.#due.delete(roomId);
      this.#parts.turns.release(roomId);
    }
  }
}

/** Nobody took the clip: in a code that says whether to try again. */
function refused(outcomes: readonly Outcome[], clip: Clip): Error {
  if (clip.failure) return clip.failure;
  if (outcomes.some(({ outcome }) => outcome === 'failed'))
    return new AppError('ERR_PLAYER_OFFLINE', 'no player of these rooms is connected');
  return new AppError('ERR_CONTROLLED_ELSEWHERE', 'all players of these rooms are controlled elsewhere');
}

/** Makes a room's timeline stand where it is now, without changing what people want of it. */
function stillOf(parts: RoomParts, room: RoomRecord): () => void {
  const { room_id, intent, item_id } = room.kept;
  const moves = room.live.state === 'playing' || room.live.state === 'loading';
  const position_seconds = positionNow(parts, room);
  return () => {
    const now = parts.store.state.rooms.get(room_id);
    if (!moves || !now || (now.live.state === 'paused' && now.kept.intent === intent)) return;
    parts.store.commit({
      type: 'room/intent',
      room_id,
      intent,
      state: 'paused',
      item_id,
      position_seconds,
      at_us: parts.clock.nowUs(),
    });
  };
}
