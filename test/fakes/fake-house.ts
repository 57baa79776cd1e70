import {
  diffQueue,
  isListName,
  partyTopic,
  roomTopic,
  type Party,
  type PartySummary,
  type Playback,
  type Player,
  type QueueItem,
  type RoleLimits,
  type Room,
  type RoomState,
  type SyncReport,
  type SystemState,
  type TopicEvent,
} from '../../src/protocol/index.js';
import { positionAt } from '../../src/sync/index.js';
import { queueItem, type FakeMusic } from './fake-music.js';
import { FakeDoctor } from './fake-doctor.js';
import { FakeJobs } from './fake-jobs.js';
import { FakeParties } from './fake-parties.js';
import { FakeInputs } from './fake-inputs.js';
import { FakePipeline } from './fake-pipeline.js';
import { FakeSettings } from './fake-settings.js';
import { FakeBackups } from './fake-backups.js';

export type Listener = (event: TopicEvent) => void;

/** A room with the whole of its party, which the wire keeps apart. */
export type FakeRoom = Omit<RoomState, 'party'> & { readonly party?: Party };

interface Lane {
  state: FakeRoom;
  /** Queues to go back and forth to. */
  done: QueueItem[][];
  undone: QueueItem[][];
}

/** A house of rooms as plain values: one way in (`change`), revisions and events out. Keeps time by the clock it is given. */
export class FakeHouse {
  readonly lanes = new Map<string, Lane>();
  readonly #revisions = new Map<string, number>();
  readonly #listeners = new Set<Listener>();
  #items = 0;
  system: SystemState = {
    server: 'tutti',
    version: '0.1.0',
    notices: [{ notice_id: 'demo', level: 'info', message: 'Demo music: no music folder is set' }],
  };
  scanning = false;
  /** Grows with every change of the library. */
  generation = 1;
  /** Why a player will not join another room, by player_id. */
  readonly refusals = new Map<string, string>();
  /** What players say about their sync, by player_id; the others do as their class promises. */
  readonly reports = new Map<string, SyncReport>();
  readonly parties = new FakeParties(this);
  readonly background = new FakeJobs((event) => this.publish(event));
  readonly settings = new FakeSettings();
  readonly backups = new FakeBackups(this.background);
  readonly pipeline = new FakePipeline((event, state) => this.publish(event, state));
  readonly inputs = new FakeInputs(this.pipeline);
  readonly doctor = new FakeDoctor(this.pipeline);

  constructor(
    readonly music: FakeMusic,
    readonly nowUs: () => number,
  ) {}

  limitRoles(role_limits: RoleLimits): void {
    this.#say({ role_limits });
  }

  /** In the place of all that there were. */
  notices(notices: SystemState['notices']): void {
    this.#say({ notices });
  }

  #say(more: Partial<SystemState>): void {
    this.system = { ...this.system, ...more };
    this.publish({ type: 'system:state', topic: 'system', data: this.system });
  }

  newItemId(): string {
    return `q${++this.#items}`;
  }

  addRoom(name: string, kind: string, more: Partial<Player> = {}): string {
    const room_id = name.toLowerCase().replace(/\W+/g, '-');
    const player: Player = {
      player_id: `p-${room_id}`,
      kind,
      name,
      room_id,
      link: 'online',
      origin: 'config',
      address: '192.168.1.20:6600',
      capabilities: ['seek', 'pause', 'volume', 'mute', 'gapless', 'outputs', 'radio'],
      sync_class: 'nudged',
      volume: 0.4,
      muted: false,
      latency_ms: 0,
      volume_limit: 1,
      outputs: [
        { output_id: '0', name: 'HiFiBerry DAC+', active: true },
        { output_id: '1', name: 'HDMI', active: false },
      ],
      controlled_elsewhere: false,
      ...more,
    };
    const room: Room = {
      room_id,
      name,
      player_ids: [player.player_id],
      state: 'stopped',
      volume: 0.4,
      muted: false,
      volume_limit: 1,
    };
    const playback: Playback = {
      room_id,
      state: 'stopped',
      position_seconds: 0,
      at_us: this.nowUs(),
      rate: 0,
      volume: 0.4,
      muted: false,
      queue_length: 0,
      repeat: 'off',
      shuffle: false,
      can_undo: false,
      can_redo: false,
    };
    const state: FakeRoom = { room, playback, queue: { items: [] }, players: [player] };
    this.lanes.set(room_id, { state, done: [], undone: [] });
    this.publish({ type: 'room:added', topic: 'rooms', data: room });
    this.publish({ type: 'player:added', topic: 'players', data: player });
    return room_id;
  }

  fill(roomId: string, count: number): void {
    const { tracks } = this.music;
    const items = Array.from({ length: count }, (_, n) =>
      queueItem(this.newItemId(), tracks[n % tracks.length]!),
    );
    this.change(roomId, (state) => ({ ...state, queue: { ...state.queue, items } }));
  }

  room(roomId: string): FakeRoom | undefined {
    return this.lanes.get(roomId)?.state;
  }

  /** A room as everybody sees it. */
  shown(roomId: string): RoomState | undefined {
    const state = this.room(roomId);
    if (!state) return undefined;
    const { party, ...rest } = state;
    return { ...rest, ...(party ? { party: summaryOf(party) } : {}) };
  }

  player(playerId: string): Player | undefined {
    const players = [...this.lanes.values()].flatMap(({ state }) => state.players);
    return players.find(({ player_id }) => player_id === playerId);
  }

  /** What a player says about itself has changed. */
  changePlayer(playerId: string, change: Partial<Player>): void {
    const roomId = this.player(playerId)!.room_id;
    this.change(roomId, (state) => ({
      ...state,
      players: state.players.map((player) =>
        player.player_id === playerId ? { ...player, ...change } : player,
      ),
    }));
  }

  removeRoom(roomId: string): void {
    this.lanes.delete(roomId);
    for (const topic of ['rooms', roomTopic(roomId)])
      this.publish({ type: 'room:removed', topic, data: { room_id: roomId } });
  }

  /** The one way to change a room: derived fields are filled in, what differs is told. */
  change(roomId: string, edit: (state: FakeRoom) => FakeRoom): void {
    const lane = this.lanes.get(roomId)!;
    const before = lane.state;
    const after = settled(edit(before), lane);
    lane.state = after;
    const topic = roomTopic(roomId);
    const patch = diffQueue(before.queue.items, after.queue.items);
    const { current_index, queue_length, volume, muted } = after.playback;
    const index = current_index === undefined ? {} : { current_index };
    if (patch)
      this.publish({
        type: 'queue:updated',
        topic,
        data: { room_id: roomId, patch, queue_length, ...index },
      });
    if (volume !== before.playback.volume || muted !== before.playback.muted)
      this.publish({ type: 'volume:updated', topic, data: { room_id: roomId, volume, muted } });
    if (differs({ ...before.playback, volume, muted }, after.playback))
      this.publish({ type: 'playback:state', topic, data: after.playback });
    if (differs(before.room, after.room))
      this.publish({ type: 'room:updated', topic: 'rooms', data: after.room });
    if (differs(described(before.room), described(after.room)))
      this.publish({ type: 'room:updated', topic, data: after.room });
    this.#tellParty(before, after);
    for (const player of after.players) {
      const was = before.players.find(({ player_id }) => player_id === player.player_id);
      if (was === player) continue;
      this.publish({ type: 'player:updated', topic: 'players', data: player });
      this.publish({ type: 'player:updated', topic, data: player });
    }
  }

  /** Without its chat, which comes message by message. */
  #tellParty(before: FakeRoom, after: FakeRoom): void {
    const { room_id } = after.room;
    const topic = partyTopic(room_id);
    const summary = after.party && summaryOf(after.party);
    if (differs(before.party && summaryOf(before.party), summary))
      this.publish({
        type: 'party:summary',
        topic: roomTopic(room_id),
        data: { room_id, ...(summary ? { party: summary } : {}) },
      });
    const was = before.party && { ...before.party, chat: [] };
    if (!after.party) {
      if (was) this.publish({ type: 'party:updated', topic, data: { room_id } });
      return;
    }
    const { chat: _chat, ...party } = after.party;
    if (differs(was, { ...party, chat: [] }))
      this.publish({ type: 'party:updated', topic, data: { room_id, party } });
  }

  /** A queue edit that can be taken back. */
  edit(roomId: string, edit: (items: readonly QueueItem[]) => QueueItem[]): void {
    const lane = this.lanes.get(roomId)!;
    lane.done.push(lane.state.queue.items);
    lane.undone = [];
    this.setItems(roomId, edit(lane.state.queue.items));
  }

  setItems(roomId: string, items: QueueItem[]): void {
    this.change(roomId, (state) => ({ ...state, queue: { ...state.queue, items } }));
  }

  /** The anchor moved to where the music is now. */
  anchor(playback: Playback, change: Partial<Playback> = {}): Playback {
    const now = this.nowUs();
    const position_seconds = positionAt(playback, now, playback.duration_seconds);
    return { ...playback, position_seconds, at_us: now, ...change };
  }

  snapshot(topic: string): { revision: number; data: unknown } | undefined {
    const states = [...this.lanes.values()].map(({ state }) => state);
    const values: Record<string, unknown> = {
      rooms: { rooms: states.map(({ room }) => room) },
      players: { players: states.flatMap(({ players }) => players) },
      library: this.library(),
      system: this.system,
      toasts: {},
      jobs: { jobs: this.background.jobs },
      activity: { activity: this.background.activity },
    };
    if (isListName(topic)) values[topic] = { items: this.pipeline.list(topic) };
    const data = topic.startsWith('room/')
      ? this.shown(topic.slice(5))
      : topic.startsWith('party/')
        ? this.room(topic.slice(6))?.party
        : values[topic];
    return data ? { revision: this.#revisions.get(topic) ?? 0, data } : undefined;
  }

  library() {
    const { artists, albums, tracks } = this.music;
    return {
      artist_count: artists.length,
      album_count: albums.length,
      track_count: tracks.length,
      duration_seconds: tracks.reduce((sum, track) => sum + track.duration_seconds, 0),
      problem_count: 2,
      demo: true,
      scan: {
        state: this.scanning ? ('running' as const) : ('idle' as const),
        done: 120,
        total: this.scanning ? 400 : 120,
      },
      generation: this.generation,
    };
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  publish(
    draft: {
      [K in TopicEvent['type']]: Omit<Extract<TopicEvent, { type: K }>, 'revision'>;
    }[TopicEvent['type']],
    state = true,
  ): void {
    const revision = (this.#revisions.get(draft.topic) ?? 0) + (state ? 1 : 0);
    this.#revisions.set(draft.topic, revision);
    for (const listener of this.#listeners) listener({ ...draft, revision });
  }
}

function summaryOf({ description, participants, max_participants, fair, public: open }: Party): PartySummary {
  const host = participants.find((person) => person.host)?.name ?? '';
  return {
    description,
    public: open,
    fair,
    participant_count: participants.length,
    max_participants,
    host,
  };
}

function differs(one: unknown, other: unknown): boolean {
  return one !== other && JSON.stringify(one) !== JSON.stringify(other);
}

/** What a room tells those who follow it alone. */
const described = ({ name, player_ids, volume_limit, quiet_hours }: Room): unknown[] => [
  name,
  player_ids,
  volume_limit,
  quiet_hours,
];

/** The state with everything that follows from queue and item filled in. */
function settled(state: FakeRoom, lane: Lane): FakeRoom {
  const { items } = state.queue;
  const { track: _t, item_id, current_index: _i, duration_seconds: _d, ...rest } = state.playback;
  const found = items.findIndex((item) => item.item_id === item_id);
  const track = items[found];
  const playback: Playback = {
    ...rest,
    ...(track
      ? { track, item_id: track.item_id, current_index: found }
      : { state: 'stopped', rate: 0, position_seconds: 0 }),
    ...(track?.duration_seconds === undefined ? {} : { duration_seconds: track.duration_seconds }),
    queue_length: items.length,
    can_undo: lane.done.length > 0,
    can_redo: lane.undone.length > 0,
  };
  const { current: _c, party: _p, ...row } = state.room;
  const { volume, muted } = playback;
  const player_ids = state.players.map(({ player_id }) => player_id);
  const current = track ? { current: track } : {};
  // The list of rooms shows public ones alone.
  const party = state.party?.public ? { party: summaryOf(state.party) } : {};
  const room = { ...row, player_ids, state: playback.state, volume, muted, ...current, ...party };
  return { ...state, room, playback, queue: { items, ...(track ? { current_index: found } : {}) } };
}
