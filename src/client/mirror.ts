import {
  applyQueuePatch,
  jobTopic,
  LIST_NOUNS,
  partyTopic,
  MAX_ACTIVITY,
  MAX_CHAT,
  topicFamily,
  TOPICS,
  type Activity,
  type EventPayload,
  type Job,
  type LibraryState,
  type ListItem,
  type ListName,
  type Party,
  type Player,
  type Room,
  type RoomState,
  type SystemState,
  type Timeline,
  type TopicEvent,
} from '../protocol/index.js';

/**
 * What the server last said about the topics that are subscribed. Never changed in place: a part that did not change stays the same
 * object, so that comparing by identity tells what to draw again. Absent = not subscribed, or not heard yet.
 */
export interface Mirror {
  readonly rooms?: readonly Room[];
  readonly players?: readonly Player[];
  readonly library?: LibraryState;
  readonly system?: SystemState;
  /** The newest first. */
  readonly activity?: readonly Activity[];
  /** The newest first. */
  readonly jobs?: readonly Job[];
  /** Of the pipeline, for each subscribed list; the newest first. */
  readonly lists: { readonly [L in ListName]?: readonly ListItem<L>[] };
  /** By job_id, for each subscribed `job/<id>`. */
  readonly job: Readonly<Record<string, Job>>;
  /** By room_id, for each subscribed `room/<id>`. */
  readonly room: Readonly<Record<string, RoomState>>;
  /** By room_id, for each subscribed `party/<id>`. */
  readonly party: Readonly<Record<string, Party>>;
  /** The last told progress by room_id; the room's own timeline counts when its `at_us` is later. */
  readonly progress: Readonly<Record<string, Timeline>>;
  /** The last revision applied, by topic. */
  readonly revisions: Readonly<Record<string, number>>;
}

export const EMPTY_MIRROR: Mirror = { lists: {}, job: {}, room: {}, party: {}, progress: {}, revisions: {} };

/** The mirror with a topic replaced by its snapshot. Throws a ZodError when the snapshot is not what the topic promises. */
export function applySnapshot(mirror: Mirror, topic: string, revision: number, snapshot: unknown): Mirror {
  const revisions = { ...mirror.revisions, [topic]: revision };
  const family = topicFamily(topic);
  switch (family) {
    case undefined:
    case 'toasts':
    case 'people':
    case 'candidate/*':
      return { ...mirror, revisions };
    case 'downloads':
    case 'imports':
    case 'exports':
    case 'schedules':
    case 'targets':
    case 'inputs':
    case 'checks':
    case 'alarms':
    case 'sleeps': {
      const { items } = TOPICS[family].parse(snapshot);
      return { ...mirror, revisions, lists: { ...mirror.lists, [family]: items } };
    }
    case 'rooms':
      return { ...mirror, revisions, rooms: TOPICS.rooms.parse(snapshot).rooms };
    case 'players':
      return { ...mirror, revisions, players: TOPICS.players.parse(snapshot).players };
    case 'library':
      return { ...mirror, revisions, library: TOPICS.library.parse(snapshot) };
    case 'system':
      return { ...mirror, revisions, system: TOPICS.system.parse(snapshot) };
    case 'activity':
      return { ...mirror, revisions, activity: TOPICS.activity.parse(snapshot).activity };
    case 'jobs':
      return { ...mirror, revisions, jobs: TOPICS.jobs.parse(snapshot).jobs };
    case 'job/*': {
      const job = TOPICS['job/*'].parse(snapshot);
      return { ...mirror, revisions, job: { ...mirror.job, [job.job_id]: job } };
    }
    case 'room/*': {
      const state = TOPICS['room/*'].parse(snapshot);
      const progress = omit(mirror.progress, topic.slice(5));
      return { ...mirror, revisions, progress, room: { ...mirror.room, [topic.slice(5)]: state } };
    }
    case 'party/*': {
      const party = TOPICS['party/*'].parse(snapshot);
      return { ...mirror, revisions, party: { ...mirror.party, [roomOf(topic)]: party } };
    }
    default:
      return family satisfies never;
  }
}

/** The mirror without a topic. */
export function dropTopic(mirror: Mirror, topic: string): Mirror {
  const { rooms, players, library, system, activity, jobs } = mirror;
  return {
    ...(rooms && topic !== 'rooms' ? { rooms } : {}),
    ...(players && topic !== 'players' ? { players } : {}),
    ...(library && topic !== 'library' ? { library } : {}),
    ...(system && topic !== 'system' ? { system } : {}),
    ...(activity && topic !== 'activity' ? { activity } : {}),
    ...(jobs && topic !== 'jobs' ? { jobs } : {}),
    lists: omit(mirror.lists, topic),
    job: omit(mirror.job, topic.slice(jobTopic('').length)),
    room: topic.startsWith('room/') ? omit(mirror.room, topic.slice(5)) : mirror.room,
    party: topic.startsWith('party/') ? omit(mirror.party, roomOf(topic)) : mirror.party,
    progress: topic.startsWith('room/') ? omit(mirror.progress, topic.slice(5)) : mirror.progress,
    revisions: omit(mirror.revisions, topic),
  };
}

/** The mirror after a valid event of a topic; the caller has looked at the revision. */
export function applyEvent(mirror: Mirror, event: TopicEvent): Mirror {
  const revisions =
    mirror.revisions[event.topic] === event.revision
      ? mirror.revisions
      : { ...mirror.revisions, [event.topic]: event.revision };
  const next = applyTo(mirror, event);
  return next === mirror && revisions === mirror.revisions ? mirror : { ...next, revisions };
}

function applyTo(mirror: Mirror, event: TopicEvent): Mirror {
  if (event.type === 'playback:progress') return withProgress(mirror, event.data);
  const family = topicFamily(event.topic);
  switch (family) {
    case 'rooms':
      return mirror.rooms ? { ...mirror, rooms: reduceRooms(mirror.rooms, event) } : mirror;
    case 'players':
      return mirror.players ? { ...mirror, players: reducePlayers(mirror.players, event) } : mirror;
    case 'library':
      return event.type === 'library:state' ? { ...mirror, library: event.data } : mirror;
    case 'system':
      return event.type === 'system:state' ? { ...mirror, system: event.data } : mirror;
    case 'activity':
      return event.type === 'activity' ? withActivity(mirror, event.data) : mirror;
    case 'jobs':
      return mirror.jobs ? { ...mirror, jobs: reduceJobs(mirror.jobs, event) } : mirror;
    case 'job/*': {
      const jobId = event.topic.slice(jobTopic('').length);
      if (event.type === 'job:removed') return { ...mirror, job: omit(mirror.job, jobId) };
      return event.type === 'job:updated' && mirror.job[jobId]
        ? { ...mirror, job: { ...mirror.job, [jobId]: event.data } }
        : mirror;
    }
    case 'room/*': {
      const roomId = event.topic.slice(5);
      if (event.type === 'room:removed')
        return { ...mirror, room: omit(mirror.room, roomId), progress: omit(mirror.progress, roomId) };
      const before = mirror.room[roomId];
      if (event.type === 'room:state' && !before)
        return { ...mirror, room: { ...mirror.room, [roomId]: event.data } };
      if (!before) return mirror;
      const after = reduceRoom(before, event);
      return after === before ? mirror : { ...mirror, room: { ...mirror.room, [roomId]: after } };
    }
    case 'party/*':
      return withParty(mirror, roomOf(event.topic), event);
    case 'downloads':
    case 'imports':
    case 'exports':
    case 'schedules':
    case 'targets':
    case 'inputs':
    case 'checks':
    case 'alarms':
    case 'sleeps':
      return withListed(mirror, family, event);
    case 'candidate/*':
    case 'toasts':
    case 'people':
    case undefined:
      return mirror;
  }
}

const roomOf = (topic: string): string => topic.slice(partyTopic('').length);

function withParty(mirror: Mirror, roomId: string, event: TopicEvent): Mirror {
  const before = mirror.party[roomId];
  const after =
    event.type === 'party:updated'
      ? partyAfter(before, event.data)
      : event.type === 'room:chat' && before
        ? chatAfter(before, event.data)
        : before;
  if (after === before) return mirror;
  return {
    ...mirror,
    party: after ? { ...mirror.party, [roomId]: after } : omit(mirror.party, roomId),
  };
}

function withProgress(mirror: Mirror, data: EventPayload<'playback:progress'>): Mirror {
  const { room_id, position_seconds, server_time_us: at_us, rate } = data;
  return { ...mirror, progress: { ...mirror.progress, [room_id]: { position_seconds, at_us, rate } } };
}

function withActivity(mirror: Mirror, entry: Activity): Mirror {
  if (!mirror.activity) return mirror;
  return { ...mirror, activity: [entry, ...mirror.activity].slice(0, MAX_ACTIVITY) };
}

/** A thing of a list that changed stands where it stood; a new one stands first. */
function withListed(mirror: Mirror, list: ListName, { type, data }: TopicEvent): Mirror {
  const items: readonly object[] | undefined = mirror.lists[list];
  const noun = LIST_NOUNS[list];
  if (!items || (type !== `${noun}:updated` && type !== `${noun}:removed`)) return mirror;
  const idOf = (item: object): unknown => Reflect.get(item, `${noun}_id`);
  const at = items.findIndex((item) => idOf(item) === idOf(data));
  const next = type.endsWith(':removed')
    ? items.filter((_item, index) => index !== at)
    : at < 0
      ? [data, ...items]
      : items.map((item, index) => (index === at ? data : item));
  return { ...mirror, lists: { ...mirror.lists, [list]: next } };
}

/** A job that is not in the list is new, and stands first. */
function reduceJobs(jobs: readonly Job[], event: TopicEvent): readonly Job[] {
  if (event.type === 'job:removed') return jobs.filter((job) => job.job_id !== event.data.job_id);
  if (event.type !== 'job:updated') return jobs;
  const known = jobs.some((job) => job.job_id === event.data.job_id);
  if (!known) return [event.data, ...jobs];
  return jobs.map((job) => (job.job_id === event.data.job_id ? event.data : job));
}

function reduceRooms(rooms: readonly Room[], event: TopicEvent): readonly Room[] {
  if (event.type === 'room:added' || event.type === 'room:updated')
    return upsert(rooms, event.data, (room) => room.room_id === event.data.room_id);
  if (event.type === 'room:removed') return rooms.filter((room) => room.room_id !== event.data.room_id);
  if (event.type === 'volume:updated' && event.data.player_id === undefined) {
    const { room_id, volume, muted } = event.data;
    return rooms.map((room) => (room.room_id === room_id ? { ...room, volume, muted } : room));
  }
  return rooms;
}

function reducePlayers(players: readonly Player[], event: TopicEvent): readonly Player[] {
  if (event.type === 'player:added' || event.type === 'player:updated')
    return upsert(players, event.data, (player) => player.player_id === event.data.player_id);
  if (event.type === 'player:removed')
    return players.filter((player) => player.player_id !== event.data.player_id);
  if (event.type === 'volume:updated') {
    const { player_id, volume, muted } = event.data;
    return players.map((player) => (player.player_id === player_id ? { ...player, volume, muted } : player));
  }
  return players;
}

function reduceRoom(state: RoomState, event: TopicEvent): RoomState {
  if (event.type === 'room:state') return event.data;
  if (event.type === 'room:updated') {
    return { ...state, room: event.data, players: membersOf(event.data, state.players) };
  }
  if (event.type === 'queue:updated') return queueAfter(state, event.data);
  if (event.type === 'party:summary') return summaryAfter(state, event.data);
  if (event.type === 'playback:state') return playbackAfter(state, event.data);
  if (event.type === 'volume:updated' && event.data.player_id === undefined) {
    const { volume, muted } = event.data;
    const { playback, room } = state;
    return { ...state, playback: { ...playback, volume, muted }, room: { ...room, volume, muted } };
  }
  const players = reducePlayers(state.players, event);
  return players === state.players ? state : { ...state, players: withNewcomers(state.room, players) };
}

/** A room's players in the order of its list. */
function membersOf(room: Room, players: readonly Player[]): Player[] {
  return room.player_ids.flatMap((id) => players.find((player) => player.player_id === id) ?? []);
}

/** On a slow line a newcomer is told of before the list that names it: it waits behind the others for that. */
function withNewcomers(room: Room, players: readonly Player[]): Player[] {
  const newcomers = players.filter((player) => !room.player_ids.includes(player.player_id));
  return [...membersOf(room, players), ...newcomers];
}

/** A playback says the same as the room's row in the list, and where in the queue it is. */
function playbackAfter(before: RoomState, playback: RoomState['playback']): RoomState {
  const { current: _current, ...row } = before.room;
  const { state, volume, muted, track, current_index } = playback;
  const room = { ...row, state, volume, muted, ...(track ? { current: track } : {}) };
  return { ...before, playback, room, queue: atIndex(before.queue, current_index) };
}

function atIndex(queue: RoomState['queue'], current_index: number | undefined): RoomState['queue'] {
  if (queue.current_index === current_index) return queue;
  const { items } = queue;
  return current_index === undefined ? { items } : { items, current_index };
}

function queueAfter(state: RoomState, data: EventPayload<'queue:updated'>): RoomState {
  const { current_index, queue_length } = data;
  const items = applyQueuePatch(state.queue.items, data.patch);
  const queue = atIndex({ ...state.queue, items }, current_index);
  const { current_index: _was, ...playback } = state.playback;
  const index = current_index === undefined ? {} : { current_index };
  return { ...state, queue, playback: { ...playback, queue_length, ...index } };
}

/** The list of rooms shows public ones alone, and so does the row of a room. */
function summaryAfter(state: RoomState, { party }: EventPayload<'party:summary'>): RoomState {
  const { party: _was, ...rest } = state;
  const { party: _row, ...row } = state.room;
  const room = party?.public === true ? { ...row, party } : row;
  return { ...rest, room, ...(party ? { party } : {}) };
}

/** The party without its chat, which comes message by message. */
function partyAfter(before: Party | undefined, { party }: EventPayload<'party:updated'>): Party | undefined {
  if (!party) return undefined;
  return { ...party, chat: before?.opened_at === party.opened_at ? before.chat : [] };
}

function chatAfter(party: Party, { room_id: _room, ...message }: EventPayload<'room:chat'>): Party {
  return { ...party, chat: [...party.chat, message].slice(-MAX_CHAT) };
}

function upsert<T>(list: readonly T[], item: T, same: (other: T) => boolean): readonly T[] {
  const at = list.findIndex(same);
  return at < 0 ? [...list, item] : list.map((other, index) => (index === at ? item : other));
}

function omit<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  if (!Object.hasOwn(record, key)) return record;
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

/** Where a room's music is, from its anchor or the last progress, whichever is newer. */
export function timelineOf(mirror: Mirror, roomId: string): Timeline | undefined {
  const playback = mirror.room[roomId]?.playback;
  if (!playback) return undefined;
  const progress = mirror.progress[roomId];
  return progress && progress.at_us > playback.at_us ? progress : playback;
}
