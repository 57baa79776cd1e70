import { computed } from '@preact/signals';
import type { Player } from '../../src/protocol/player.js';
import type { House } from './house.js';
import type { Controls } from './room-control.js';
import { Wish } from './wish.js';

/** A latency is heard at once: more often than this it would only stutter. */
const LATENCY_EVERY_MS = 200;

/** The knobs of one player, each shown as turned the moment it is. */
export class PlayerControl {
  readonly volume: Wish<number>;
  readonly muted: Wish<boolean>;
  readonly latency: Wish<number>;
  readonly limit: Wish<number>;

  constructor({ client, onError, told, after }: Controls, { players }: House, player_id: string) {
    const common = { onError, after };
    const actual = <T>(read: (player: Player) => T, absent: T) =>
      computed(() => {
        const player = players.value?.find((one) => one.player_id === player_id);
        return player ? read(player) : absent;
      });
    const pause = (): Promise<void> => new Promise((resolve) => after(LATENCY_EVERY_MS, resolve));
    this.volume = new Wish({
      ...common,
      actual: actual((player) => player.volume ?? 0, 0),
      send: async (volume) =>
        told('player:volume', await client.send('player:volume', { player_id, volume })),
    });
    this.muted = new Wish({
      ...common,
      actual: actual((player) => player.muted, false),
      send: async (muted) => told('player:mute', await client.send('player:mute', { player_id, muted })),
    });
    this.latency = new Wish({
      ...common,
      actual: actual((player) => player.latency_ms, 0),
      send: async (latency_ms) => {
        const sent = client.send('player:latency', { player_id, latency_ms });
        const [reply] = await Promise.all([sent, pause()]);
        told('player:latency', reply);
      },
    });
    this.limit = new Wish({
      ...common,
      actual: actual((player) => player.volume_limit, 1),
      send: async (volume_limit) =>
        told('player:limit', await client.send('player:limit', { player_id, volume_limit })),
    });
  }

  close(): void {
    for (const wish of [this.volume, this.muted, this.latency, this.limit]) wish.close();
  }
}
