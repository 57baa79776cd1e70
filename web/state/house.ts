import { batch, computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { timelineOf, type Mirror } from '../../src/client/mirror.js';
import type { Connection, TuttiClient } from '../../src/client/client.js';
import type { Activity } from '../../src/protocol/activity.js';
import type { Job } from '../../src/protocol/job.js';
import type { Party, PartySummary } from '../../src/protocol/party.js';
import type { LibraryState, SystemState } from '../../src/protocol/system.js';
import type { Playback, Room, Timeline } from '../../src/protocol/room.js';
import type { Player } from '../../src/protocol/player.js';
import type { QueueItem } from '../../src/protocol/queue.js';

/** What the server says, one signal for each thing that is drawn by itself. All but `connection` change together, once a frame. */
export interface House {
  readonly connection: ReadonlySignal<Connection>;
  /** What is shown is what is; commands make sense. */
  readonly live: ReadonlySignal<boolean>;
  readonly rooms: ReadonlySignal<readonly Room[] | undefined>;
  readonly players: ReadonlySignal<readonly Player[] | undefined>;
  readonly library: ReadonlySignal<LibraryState | undefined>;
  readonly system: ReadonlySignal<SystemState | undefined>;
  /** Only while a view follows them. */
  readonly jobs: ReadonlySignal<readonly Job[] | undefined>;
  readonly activity: ReadonlySignal<readonly Activity[] | undefined>;
  /** Of the pipeline: those that a view follows. */
  readonly lists: ReadonlySignal<Mirror['lists']>;
  /** The room that this phone controls. */
  readonly roomId: ReadonlySignal<string | undefined>;
  readonly room: ReadonlySignal<Room | undefined>;
  readonly playback: ReadonlySignal<Playback | undefined>;
  /** Of the listening party in the room, while its doors are open: what everybody sees. */
  readonly doors: ReadonlySignal<PartySummary | undefined>;
  /** The listening party in the room, for who may look into it. */
  readonly party: ReadonlySignal<Party | undefined>;
  readonly items: ReadonlySignal<readonly QueueItem[]>;
  readonly roomPlayers: ReadonlySignal<readonly Player[]>;
  /** Moves at 2 Hz while playing: for drawing from, not for drawing again. */
  readonly timeline: ReadonlySignal<Timeline | undefined>;
  select(roomId: string): void;
}

const NOTHING: readonly never[] = [];

/**
 * Follows the client's mirror. `nextFrame` runs its argument before the next paint: hundreds of events between two paints cost one
 * drawing.
 */
export function createHouse(
  client: TuttiClient,
  chosen: { value: string | undefined },
  nextFrame: (run: () => void) => void,
): House {
  const connection = signal(client.connection);
  const mirror = signal<Mirror>(client.mirror);
  const roomId = signal(chosen.value);
  let drawing = false;
  client.onConnection((now) => {
    connection.value = now;
  });
  client.onChange(() => {
    if (drawing) return;
    drawing = true;
    nextFrame(() => {
      drawing = false;
      batch(() => (mirror.value = client.mirror));
    });
  });

  const state = computed(() => (roomId.value === undefined ? undefined : mirror.value.room[roomId.value]));
  const rooms = computed(() => mirror.value.rooms);
  effect(() => {
    const topic = roomId.value === undefined ? undefined : `room/${roomId.value}`;
    if (topic === undefined) return;
    client.subscribe([topic]).catch(() => undefined);
    return () => client.unsubscribe([topic]);
  });
  // A room that is not there (any more) is left for one that is.
  effect(() => {
    const known = rooms.value;
    if (!known || known.some((room) => room.room_id === roomId.value)) return;
    roomId.value = (known.find((room) => room.state === 'playing') ?? known[0])?.room_id;
  });

  return {
    connection,
    live: computed(() => connection.value.state === 'live' || connection.value.state === 'polling'),
    rooms,
    players: computed(() => mirror.value.players),
    library: computed(() => mirror.value.library),
    system: computed(() => mirror.value.system),
    jobs: computed(() => mirror.value.jobs),
    activity: computed(() => mirror.value.activity),
    lists: computed(() => mirror.value.lists),
    roomId,
    room: computed(() => state.value?.room),
    playback: computed(() => state.value?.playback),
    doors: computed(() => state.value?.party),
    party: computed(() => mirror.value.party[roomId.value ?? '']),
    items: computed(() => state.value?.queue.items ?? NOTHING),
    roomPlayers: computed(() => state.value?.players ?? NOTHING),
    timeline: computed(() =>
      roomId.value === undefined ? undefined : timelineOf(mirror.value, roomId.value),
    ),
    select(next) {
      chosen.value = next;
      roomId.value = next;
    },
  };
}
