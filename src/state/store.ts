import { deferred, toError, type Deferred } from '../base/index.js';
import {
  candidateTopic,
  EVENTS,
  jobTopic,
  partyTopic,
  roomTopic,
  topicFamily,
  type TopicEvent,
} from '../protocol/index.js';
import type { Change } from './changes.js';
import type { Draft } from './draft.js';
import { eventsBetween } from './events.js';
import { playerView, roomStateView, roomView } from './views.js';
import type { Feed, TopicNow } from './feed.js';
import { reduceJobs, withActivity, type JobChange } from './jobs.js';
import { newestFirst, reduceLists } from './lists.js';
import { updateRoom } from './entries.js';
import type { State } from './model.js';
import { partyReaders, partyView, reduceParty, type PartyChange, type PartyRecord } from './party.js';
import { reducePlayer } from './reduce-player.js';
import { reduceRoom } from './reduce-room.js';
import { reduceWishes } from './wishes.js';

/** Where the store keeps what must survive. */
export interface Keeper {
  /** Whether a step has something to write, and whether that waits for the disk (`full`) or not (`normal`). Cheap; asked at each commit. */
  weigh(before: State, after: State): 'full' | 'normal' | undefined;
  /** Writes a group of commits at once. Throws when the disk refuses. */
  keep(before: State, after: State): void;
}

/** A commit as policies see it: inside the process, before it becomes wire events. */
export type Watcher = (change: Change, before: State, after: State) => void;

/** Pure: what a change makes of a state. Changes about things that are gone change nothing. */
export function reduce(state: State, change: Change): State {
  if (isPlayerChange(change)) return reducePlayer(state, change);
  if (isRoomChange(change)) return reduceRoom(state, change);
  if (isPartyChange(change))
    return updateRoom(state, change.room_id, (room) => ({ ...room, party: reduceParty(room.party, change) }));
  if (isJobChange(change)) return reduceJobs(state, change);
  if (change.type === 'list/changed' || change.type === 'list/removed')
    return { ...state, lists: reduceLists(state.lists, change) };
  if (change.type === 'wish/told' || change.type === 'wish/came') return reduceWishes(state, change);
  if (change.type === 'activity/added') return withActivity(state, change);
  if (change.type === 'library/state') return { ...state, library: change.library };
  if (change.type === 'system/limits')
    return { ...state, system: { ...state.system, role_limits: change.role_limits } };
  return { ...state, system: { ...state.system, notices: [...change.notices] } };
}

function isPlayerChange(change: Change): change is Extract<Change, { type: `player/${string}` }> {
  return change.type.startsWith('player/');
}

function isRoomChange(
  change: Change,
): change is Extract<Change, { type: `room/${string}` | `queue/${string}` }> {
  return change.type.startsWith('room/') || change.type.startsWith('queue/');
}

function isPartyChange(change: Change): change is PartyChange {
  return change.type.startsWith('party/');
}

function isJobChange(change: Change): change is JobChange {
  return change.type.startsWith('job/');
}

/**
 * The one writer. `commit` changes memory and tells everybody at once; what must survive is written once for all commits of a turn of
 * the event loop, and `durable()` resolves when it is: a reply is never sent before. What waits for the disk is written after the
 * broadcast, so that nobody else waits with it; what does not is written before, so that news and reply leave in one write.
 */
export class Store implements Feed {
  readonly epoch: string;
  #state: State;
  #kept: State;
  /** What the last write was of, whether the disk took it or not. */
  #tried: State;
  readonly #keeper: Keeper;
  readonly #revisions = new Map<string, number>();
  readonly #listeners = new Set<(events: readonly TopicEvent[]) => void>();
  readonly #watchers = new Set<Watcher>();
  readonly #refused = new Set<() => void>();
  #writing: Deferred<void> | undefined;

  constructor(options: { readonly state: State; readonly epoch: string; readonly keeper: Keeper }) {
    this.#state = options.state;
    this.#kept = options.state;
    this.#tried = options.state;
    this.#keeper = options.keeper;
    this.epoch = options.epoch;
  }

  get state(): State {
    return this.#state;
  }

  commit(change: Change): void {
    const before = this.#state;
    const after = reduce(before, change);
    this.#state = after;
    if (after !== before) {
      this.#publish(eventsBetween(before, after));
      this.#scheduleWrite();
    }
    for (const watcher of this.#watchers) watcher(change, before, after);
  }

  /** Tells something once: progress, toasts. Changes nothing and has no revision of its own. */
  tell(draft: Draft): void {
    const event = { ...draft, revision: this.#revisions.get(draft.topic) ?? 0 };
    for (const listener of this.#listeners) listener([event]);
  }

  /** Resolves when everything committed so far that a command promises is on disk; rejects when the disk refuses. */
  async durable(): Promise<void> {
    await this.#writing?.promise;
  }

  /** Writes at once what is still due: for shutdown. */
  flush(): void {
    const writing = this.#writing;
    if (!writing) return;
    this.#writing = undefined;
    const weight = this.#keeper.weigh(this.#tried, this.#state);
    this.#tried = this.#state;
    try {
      this.#keeper.keep(this.#kept, this.#state);
      this.#kept = this.#state;
      writing.resolve();
    } catch (error) {
      // Nobody was promised that what plays and how loud is on disk: music goes on, and the next write has all of it.
      if (weight === 'full') writing.reject(toError(error));
      else writing.resolve();
      for (const listener of [...this.#refused]) listener();
    }
  }

  /** Called when the disk has refused a write. */
  onRefused(listener: () => void): () => void {
    this.#refused.add(listener);
    return () => void this.#refused.delete(listener);
  }

  /** Tries again what the disk has refused; true when nothing is left that it has to keep. */
  retry(): boolean {
    this.flush();
    if (this.#keeper.weigh(this.#kept, this.#state) === undefined) return true;
    this.#writing ??= deferred();
    this.#writing.promise.catch(() => undefined);
    this.flush();
    return this.#keeper.weigh(this.#kept, this.#state) === undefined;
  }

  subscribe(listener: (events: readonly TopicEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Called after each commit, also when it changed nothing (a fact may be news without being state). */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  snapshot(topic: string): TopicNow | undefined {
    const data = this.#snapshotData(topic);
    if (data === undefined) return undefined;
    const party = this.#party(topic);
    const readers = party && partyReaders(party);
    return { revision: this.#revisions.get(topic) ?? 0, data, ...(readers && { readers }) };
  }

  #party(topic: string): PartyRecord | undefined {
    if (topicFamily(topic) !== 'party/*') return undefined;
    return this.#state.rooms.get(topic.slice(partyTopic('').length))?.party;
  }

  #snapshotData(topic: string): unknown {
    const state = this.#state;
    const family = topicFamily(topic);
    switch (family) {
      case 'rooms':
        return { rooms: [...state.rooms.values()].map(roomView) };
      case 'players':
        return { players: [...state.players.values()].map(playerView) };
      case 'room/*': {
        const room = state.rooms.get(topic.slice(roomTopic('').length));
        return room && roomStateView(state, room);
      }
      case 'party/*': {
        const party = this.#party(topic);
        return party && partyView(party);
      }
      case 'library':
        return state.library;
      case 'system':
        return state.system;
      case 'toasts':
      case 'people':
        return {};
      case 'activity':
        return { activity: state.activity };
      case 'jobs':
        return { jobs: [...state.jobs.values()].reverse() };
      case 'job/*':
        return state.jobs.get(topic.slice(jobTopic('').length));
      case 'downloads':
      case 'imports':
      case 'exports':
      case 'schedules':
      case 'targets':
      case 'inputs':
      case 'checks':
      case 'alarms':
      case 'sleeps':
        return { items: newestFirst(state.lists, family) };
      case 'candidate/*':
        return state.lists.imports.get(topic.slice(candidateTopic('').length));
      case undefined:
        return undefined;
      default:
        return family satisfies never;
    }
  }

  #publish(drafts: readonly Draft[]): void {
    if (drafts.length === 0) return;
    const events = drafts.map((draft): TopicEvent => {
      const last = this.#revisions.get(draft.topic) ?? 0;
      const revision = EVENTS[draft.type].state ? last + 1 : last;
      this.#revisions.set(draft.topic, revision);
      return { ...draft, revision };
    });
    for (const listener of this.#listeners) listener(events);
  }

  #scheduleWrite(): void {
    const weight = this.#keeper.weigh(this.#tried, this.#state);
    if (this.#writing || weight === undefined) return;
    this.#writing = deferred();
    this.#writing.promise.catch(() => undefined);
    if (weight === 'full') setImmediate(() => this.flush());
    else queueMicrotask(() => this.#writeSoon());
  }

  /** A commit that waits for the disk may have come in the same turn. */
  #writeSoon(): void {
    if (this.#keeper.weigh(this.#tried, this.#state) === 'full') setImmediate(() => this.flush());
    else this.flush();
  }
}
