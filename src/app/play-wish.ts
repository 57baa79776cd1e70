import { toError, type Logger } from '../base/index.js';
import type { Rooms } from '../rooms/index.js';
import type { Store } from '../state/index.js';

export interface PlayWishParts {
  readonly store: Store;
  readonly rooms: Pick<Rooms, 'handlers'>;
  readonly log: Logger;
}

const caller = { connection_id: 'pipeline', role: 'admin', name: 'pipeline' } as const;

/** Plays music that somebody wanted to hear as soon as it is here, where the room is stopped: other music is left alone. [WI1] */
export function playWish(
  { store, rooms, log }: PlayWishParts,
  wish: { readonly room_id: string; readonly item_id: string } | undefined,
): void {
  if (!wish) return;
  const room = store.state.rooms.get(wish.room_id);
  if (room?.live.state !== 'stopped') return;
  if (!room.queue.items.some(({ item_id }) => item_id === wish.item_id)) return;
  const play = async (): Promise<unknown> => rooms.handlers['room:play'](wish, caller);
  play().catch((error: unknown) =>
    log.warn({ ...wish, err: toError(error) }, 'what came could not be played'),
  );
}
