import { AppError, toError } from '../base/index.js';
import { currentItem, isShared, type PlayerRecord } from '../state/index.js';
import type { Handlers, Outcome } from '../protocol/index.js';
import { roomOf, type RoomParts } from './parts.js';
import type { Together } from './together.js';
import type { Turns } from './turns.js';

/** Tuning a loudspeaker by ear: what is set is heard within a moment, while the music plays. */
export function latencyHandlers(
  parts: RoomParts,
  together: Together,
  turns: Turns,
): Handlers<'player:latency'> {
  const playerOf = (player_id: string): PlayerRecord => {
    const player = parts.store.state.players.get(player_id);
    if (!player)
      throw new AppError('ERR_PLAYER_NOT_FOUND', 'no player has this id', { params: { player_id } });
    return player;
  };
  return {
    'player:latency': ({ player_id, latency_ms }) =>
      turns.take(roomOf(parts, playerOf(player_id).kept.room_id), async () => {
        playerOf(player_id);
        parts.store.commit({ type: 'player/latency', player_id, latency_ms });
        const outcome = await told(parts, together, playerOf(player_id));
        await parts.store.durable();
        return { outcomes: [outcome] };
      }),
  };
}

async function told(parts: RoomParts, together: Together, { kept, live }: PlayerRecord): Promise<Outcome> {
  const { player_id, latency_ms } = kept;
  if (live.link !== 'online')
    return { player_id, outcome: 'queued', reason: 'it is not connected, and applies when it is back' };
  const room = roomOf(parts, kept.room_id);
  const item = currentItem(room);
  const follows = isShared(room) && room.live.timeline.rate > 0 && item?.item_id === live.ref;
  try {
    if (live.capabilities.includes('latency'))
      await together.tell(player_id, { type: 'latency', latency_ms });
    else if (follows && item && !live.elsewhere) await together.follow(room, item, player_id);
    return { player_id, outcome: 'applied' };
  } catch (error) {
    return { player_id, outcome: 'failed', reason: toError(error).message };
  }
}
