import { toError } from '../base/index.js';
import type { PlayerRecord } from '../state/index.js';
import { ceilingNow } from './levels.js';
import type { Knobs } from './levels-knobs.js';
import type { OwnLevels } from './levels-own.js';
import type { RoomParts } from './parts.js';

/** Turns players to the volume of a clip, and unmutes them. Limits hold. */
export async function turnForClip(
  parts: RoomParts & { readonly knobs: Knobs; readonly own: OwnLevels },
  players: readonly PlayerRecord[],
  volume: number,
): Promise<void> {
  await Promise.all(
    players.map(async (player) => {
      const { player_id, room_id } = player.kept;
      const room = parts.store.state.rooms.get(room_id);
      if (!room || !parts.own.remember(player, 'clip')) return;
      const target = Math.min(volume, ceilingNow(parts, room, player).level);
      try {
        await parts.knobs.turn(player_id, player.live.volume, target, 'at-once');
        parts.own.told(player_id, target);
        if (player.live.muted) await parts.players.execute(player_id, { type: 'mute', muted: false });
      } catch (error) {
        const fields = { player_id, error: toError(error).message };
        parts.log.warn(fields, 'a player did not take the volume of an announcement');
      }
    }),
  );
}
