import { computed, type ReadonlySignal } from '@preact/signals';
import type { TuttiClient } from '../../src/client/client.js';
import type { CommandType } from '../../src/protocol/commands.js';
import type { Outcome, Room } from '../../src/protocol/room.js';
import { Wish, type WishOptions } from './wish.js';

export interface Controls {
  readonly client: TuttiClient;
  readonly onError: (error: unknown) => void;
  /** Says which of several players did not do what the command asked for. */
  readonly told: (command: CommandType, reply: { readonly outcomes: readonly Outcome[] }) => void;
  readonly after: WishOptions<unknown>['after'];
}

/** The knobs that every room has, each shown as turned the moment it is. */
export class RoomControl {
  /** False until the server has said how the room stands: there is nothing to turn yet. */
  readonly known: ReadonlySignal<boolean>;
  readonly playing: Wish<boolean>;
  readonly volume: Wish<number>;
  readonly muted: Wish<boolean>;

  constructor(
    { client, onError, told, after }: Controls,
    roomId: () => string,
    room: ReadonlySignal<Room | undefined>,
  ) {
    const common = { onError, after };
    this.known = computed(() => room.value !== undefined);
    this.playing = new Wish({
      ...common,
      actual: computed(() => room.value?.state === 'playing' || room.value?.state === 'loading'),
      send: async (on) => {
        const command = on ? 'room:play' : 'room:pause';
        told(command, await client.send(command, { room_id: roomId() }));
      },
    });
    this.volume = new Wish({
      ...common,
      actual: computed(() => room.value?.volume ?? 0),
      send: async (volume) =>
        told('room:volume', await client.send('room:volume', { room_id: roomId(), volume })),
    });
    this.muted = new Wish({
      ...common,
      actual: computed(() => room.value?.muted ?? false),
      send: async (muted) => told('room:mute', await client.send('room:mute', { room_id: roomId(), muted })),
    });
  }

  close(): void {
    for (const wish of [this.playing, this.volume, this.muted]) wish.close();
  }
}
