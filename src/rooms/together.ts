import { deferred, toError, type Deferred } from '../base/index.js';
import { positionAt, type Outcome, type QueueItem, type Timeline } from '../protocol/index.js';
import type { Cue, PlayerCommand } from '../players/index.js';
import type { PlayerRecord, RoomRecord } from '../state/index.js';
import { mediaFor, membersOf, positionNow, roomOf, type RoomParts } from './parts.js';
import type { Preloads } from './preloads.js';
import { Standings } from './standings.js';
import { hindrance, requireOne } from './tell.js';

/** A member that takes longer to prepare joins late. */
const PREPARE_MS = 1_500;
/** A common start is never closer than this. */
const LEAD_MS = 200;
/** Who comes late is prepared for where the music will be so much later: a file is open in 0.1 s, and its start is told 0.2 s ahead. */
const JOIN_AHEAD_MS = 500;
/** So close to the end of an item nobody joins it any more; the next one is near. */
const TAIL_SECONDS = 1.5;

/** Several players as one instrument: all they are told is where to be at which moment. */
export class Together {
  readonly standings = new Standings();
  readonly #parts: RoomParts;
  readonly #preloads: Preloads;
  readonly #waits = new Set<Deferred<void>>();
  /** When each room's music began to be heard, or will. */
  readonly #starts = new Map<string, number>();
  /** A member has become ready, or has failed to. */
  onReady: (playerId: string) => void = () => undefined;

  constructor(parts: RoomParts, preloads: Preloads) {
    this.#parts = parts;
    this.#preloads = preloads;
  }

  /**
   * Prepares all members, then starts them at one moment; who is slow, away or taken does not hold up the others. With `line` they come in
   * on that timeline instead of beginning at `position`. Rejects when no member can.
   */
  async start(
    roomId: string,
    item: QueueItem,
    position: number,
    playing: boolean,
    line?: Timeline,
  ): Promise<Outcome[]> {
    const room = roomOf(this.#parts, roomId);
    const readyUs = this.#parts.clock.nowUs() + JOIN_AHEAD_MS * 1000;
    const from = line ? positionAt(line, readyUs, item.duration_seconds) : position;
    const outcomes = await this.#prepare(room, item, from);
    if (!playing) {
      this.#commit(roomId, item, 'paused', from, this.#parts.clock.nowUs());
      return outcomes;
    }
    const ready = outcomes.filter(({ outcome }) => outcome === 'applied').map(({ player_id }) => player_id);
    if (line) for (const id of ready) this.standings.of(id).readyUs = readyUs;
    if (ready.length === 0) return outcomes;
    const told = await this.#go(roomId, item, ready, line ?? position, (cue) => ({ type: 'play', cue }));
    return outcomes.map((outcome) => told.get(outcome.player_id) ?? outcome);
  }

  /** All go on from where the room stands; who has not loaded the item joins late. */
  async resume(roomId: string, item: QueueItem): Promise<Outcome[]> {
    const room = roomOf(this.#parts, roomId);
    const ready = this.loaded(room, item);
    for (const id of ready) this.standings.begin(id, item.item_id).loaded = true;
    const position = positionNow(this.#parts, room);
    const told = await this.#go(roomId, item, ready, position, (cue) => ({ type: 'play', cue }));
    return this.#answers(room, told);
  }

  /** All pause at once; where exactly each stands does not matter, for they go on from the room's place. */
  async pause(roomId: string, item: QueueItem): Promise<Outcome[]> {
    const room = roomOf(this.#parts, roomId);
    this.#commit(roomId, item, 'paused', positionNow(this.#parts, room), this.#parts.clock.nowUs());
    for (const id of room.kept.player_ids) this.standings.of(id).cued = false;
    const able = membersOf(this.#parts, room).filter((player) => !hindrance(player));
    const ids = able.map(({ kept }) => kept.player_id);
    return this.#answers(room, await this.#tellEach(ids, () => ({ type: 'pause' })));
  }

  /** While it plays all jump at one moment; otherwise they wait at the new position. */
  async seek(roomId: string, item: QueueItem, position: number): Promise<Outcome[]> {
    const room = roomOf(this.#parts, roomId);
    const ready = this.loaded(room, item);
    for (const id of ready) this.standings.of(id).readyUs = 0;
    const to = { type: 'seek', position_seconds: position } as const;
    if (room.live.state === 'playing')
      return this.#answers(
        room,
        await this.#go(roomId, item, ready, position, ({ at_us }) => ({ ...to, at_us })),
      );
    this.#commit(roomId, item, room.live.state, position, this.#parts.clock.nowUs());
    return this.#answers(room, await this.#tellEach(ready, () => to));
  }

  /** Begins to bring a member to where the room's music will be; `onReady` tells when it can be let in. */
  bring(room: RoomRecord, item: QueueItem, playerId: string): void {
    const { timeline, duration_seconds } = room.live;
    const standing = this.standings.begin(playerId, item.item_id);
    standing.tries++;
    standing.readyUs = this.#parts.clock.nowUs() + JOIN_AHEAD_MS * 1000;
    const position =
      timeline.rate > 0
        ? positionAt(timeline, standing.readyUs, duration_seconds)
        : timeline.position_seconds;
    this.#load(room, item, playerId, position).then(
      () => this.onReady(playerId),
      (error: unknown) => {
        standing.failed = toError(error).message;
        this.onReady(playerId);
      },
    );
  }

  /** Whether what is left of the item is worth coming in for. */
  worthJoining(room: RoomRecord): boolean {
    const end = room.live.duration_seconds;
    return end === undefined || positionNow(this.#parts, room) < end - TAIL_SECONDS;
  }

  /** Lets a member in that has loaded the item: it is heard from a moment on, where the music is by then. */
  async letIn(room: RoomRecord, player: PlayerRecord): Promise<void> {
    const { timeline, duration_seconds } = room.live;
    const standing = this.standings.of(player.kept.player_id);
    const at_us = Math.max(standing.readyUs, this.#leadUs([player]), timeline.at_us);
    const cue = { position_seconds: positionAt(timeline, at_us, duration_seconds), at_us };
    standing.cued = true;
    await this.tell(player.kept.player_id, { type: 'play', cue });
  }

  /** A member that plays the item somewhere else jumps to where the others are. */
  async callBack(room: RoomRecord, player: PlayerRecord): Promise<void> {
    const at_us = this.#leadUs([player]);
    const position_seconds = positionAt(room.live.timeline, at_us, room.live.duration_seconds);
    await this.tell(player.kept.player_id, { type: 'seek', position_seconds, at_us });
  }

  /** Members that play the item start anew on the room's timeline, all at one moment. */
  async realign(room: RoomRecord, ids: readonly string[]): Promise<void> {
    const { timeline, duration_seconds } = room.live;
    const players = ids.flatMap((id) => this.#parts.store.state.players.get(id) ?? []);
    const at_us = Math.max(this.#leadUs(players), timeline.at_us);
    const cue = { position_seconds: positionAt(timeline, at_us, duration_seconds), at_us };
    for (const id of ids) this.standings.of(id).readyUs = at_us;
    await this.#tellEach(ids, () => ({ type: 'play', cue }));
  }

  /** A member that plays the item is told where the room's music is. */
  async follow(room: RoomRecord, item: QueueItem, playerId: string): Promise<void> {
    const { position_seconds, at_us } = room.live.timeline;
    this.standings.of(playerId).cued = true;
    const cue = { position_seconds, at_us };
    await this.tell(playerId, { type: 'follow', ref: item.item_id, cue });
  }

  /** One command to one member, noted in its standing. */
  async tell(playerId: string, command: PlayerCommand): Promise<void> {
    const standing = this.standings.of(playerId);
    standing.pending++;
    try {
      await this.#parts.players.execute(playerId, command);
    } finally {
      standing.pending--;
      standing.toldUs = this.#parts.clock.nowUs();
    }
  }

  /** Members that can be told, and have the item. */
  loaded(room: RoomRecord, item: QueueItem): string[] {
    return membersOf(this.#parts, room)
      .filter((player) => !hindrance(player) && player.live.ref === item.item_id)
      .map(({ kept }) => kept.player_id);
  }

  /** In parallel, and no longer than `PREPARE_MS` unless nobody is ready by then. */
  async #prepare(room: RoomRecord, item: QueueItem, position: number): Promise<Outcome[]> {
    const outcomes = new Map<string, Outcome>();
    const loads = new Map<string, Promise<void>>();
    const errors: Error[] = [];
    for (const player of membersOf(this.#parts, room)) {
      const { player_id } = player.kept;
      const { out } = this.standings.begin(player_id, item.item_id);
      const held = hindrance(player) ?? (out !== undefined && ignored(player_id, out));
      if (held) {
        outcomes.set(player_id, held);
        continue;
      }
      const load = this.#load(room, item, player_id, position).then(
        () => {
          const { failed } = this.standings.of(player_id);
          if (failed === undefined) outcomes.set(player_id, { player_id, outcome: 'applied' });
          else outcomes.set(player_id, { player_id, outcome: 'failed', reason: failed });
        },
        (error: unknown) => {
          errors.push(toError(error));
          const reason = toError(error).message;
          this.standings.of(player_id).failed = reason;
          outcomes.set(player_id, { player_id, outcome: 'failed', reason });
        },
      );
      loads.set(player_id, load);
    }
    await this.#atMost(PREPARE_MS, Promise.all(loads.values()));
    const slow = (): string[] => [...loads.keys()].filter((id) => !outcomes.has(id));
    const someReady = (): boolean => [...outcomes.values()].some(({ outcome }) => outcome === 'applied');
    while (!someReady() && slow().length > 0)
      await Promise.race([...loads].flatMap(([id, load]) => (outcomes.has(id) ? [] : [load])));
    for (const player_id of slow()) {
      outcomes.set(player_id, { player_id, outcome: 'queued', reason: 'it is slow, and joins late' });
      void loads.get(player_id)?.then(() => this.onReady(player_id));
    }
    const all = room.kept.player_ids.flatMap((id) => outcomes.get(id) ?? []);
    const broken = all.find(({ outcome }) => outcome === 'failed');
    // Nobody refused, but the item is broken everywhere: the room passes over it as a single player would.
    if (broken && errors.length === 0) this.onReady(broken.player_id);
    else requireOne(all, errors[0]);
    return all;
  }

  async #load(room: RoomRecord, item: QueueItem, playerId: string, position_seconds: number): Promise<void> {
    const standing = this.standings.of(playerId);
    const nextId = this.#preloads.told(room.kept.room_id);
    this.#preloads.given(room.kept.room_id, playerId);
    const next = room.queue.items.find(({ item_id }) => item_id === nextId);
    await this.tell(playerId, {
      type: 'load',
      media: mediaFor(this.#parts, item, playerId),
      ...(next && { next: mediaFor(this.#parts, next, playerId) }),
      position_seconds,
      playing: false,
    });
    standing.loaded = true;
  }

  /** The room's timeline moves on from a moment ahead, and everybody who is ready is told of it. */
  async #go(
    roomId: string,
    item: QueueItem,
    ready: readonly string[],
    from: number | Timeline,
    command: (cue: Cue) => PlayerCommand,
  ): Promise<Map<string, Outcome>> {
    const players = ready.flatMap((id) => this.#parts.store.state.players.get(id) ?? []);
    const readyUs = Math.max(0, ...ready.map((id) => this.standings.of(id).readyUs));
    const at_us = Math.max(this.#leadUs(players), readyUs);
    const position_seconds = typeof from === 'number' ? from : positionAt(from, at_us, item.duration_seconds);
    this.#starts.set(roomId, at_us);
    this.#commit(roomId, item, 'playing', position_seconds, at_us);
    for (const id of ready) this.standings.of(id).cued = true;
    return this.#tellEach(ready, () => command({ position_seconds, at_us }));
  }

  async #tellEach(ids: readonly string[], command: () => PlayerCommand): Promise<Map<string, Outcome>> {
    const told = ids.map(async (player_id): Promise<[string, Outcome]> => {
      try {
        await this.tell(player_id, command());
        return [player_id, { player_id, outcome: 'applied' }];
      } catch (error) {
        return [player_id, { player_id, outcome: 'failed', reason: toError(error).message }];
      }
    });
    return new Map(await Promise.all(told));
  }

  /** What every member made of it; who was not told, and could have been, comes in late. */
  #answers(room: RoomRecord, told: ReadonlyMap<string, Outcome>): Outcome[] {
    return membersOf(this.#parts, room).map((player): Outcome => {
      const { player_id } = player.kept;
      const answer = told.get(player_id) ?? hindrance(player);
      if (answer) return answer;
      this.onReady(player_id);
      return { player_id, outcome: 'queued', reason: 'it has to load the music first, and joins late' };
    });
  }

  /** The moment at which all of these can be heard if they are told now. */
  #leadUs(players: readonly PlayerRecord[]): number {
    const leads = players.map(({ kept, live }) => live.lead_ms + Math.max(0, kept.latency_ms));
    return this.#parts.clock.nowUs() + Math.max(LEAD_MS, ...leads) * 1000;
  }

  /** Resolves when what was started last in a room is heard, or when the rooms close. */
  async heard(roomId: string): Promise<void> {
    const us = (this.#starts.get(roomId) ?? 0) - this.#parts.clock.nowUs();
    if (us > 0) await this.#atMost(us / 1000, deferred<void>().promise);
  }

  forget(roomId: string): void {
    this.#starts.delete(roomId);
  }

  async #atMost(ms: number, work: Promise<unknown>): Promise<void> {
    const end = deferred<void>();
    this.#waits.add(end);
    const timer = this.#parts.clock.after(ms, () => end.resolve());
    await Promise.race([work, end.promise]);
    timer.cancel();
    this.#waits.delete(end);
  }

  /** Nobody waits any longer. */
  close(): void {
    for (const wait of this.#waits) wait.resolve();
  }

  #commit(
    room_id: string,
    item: QueueItem,
    state: RoomRecord['live']['state'],
    position_seconds: number,
    at_us: number,
  ): void {
    const intent = state === 'playing' || state === 'paused' ? state : 'stopped';
    const rate = state === 'playing' ? 1 : 0;
    const at = { item_id: item.item_id, position_seconds, at_us, rate };
    this.#parts.store.commit({ type: 'room/intent', room_id, intent, state, ...at });
  }
}

function ignored(player_id: string, reason: string): Outcome {
  return { player_id, outcome: 'ignored', reason };
}
