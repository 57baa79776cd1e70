import type { Player } from '../../src/protocol/player.js';
import type { Room } from '../../src/protocol/room.js';
import { doorOf } from '../state/door.js';
import { capNow, minuteOfDay, type Cap } from '../state/limits.js';
import { useStore, type Store } from '../state/store.js';

/** Where the slider of a room, or of one player in it, ends for the person at this phone; and why, once somebody wants to go further. */
export function useCap(room: Room | undefined, player?: Player): { limit: number; onHeld: () => void } {
  const store = useStore();
  const role = doorOf(store).you.value?.role;
  const roles = store.house.system.value?.role_limits;
  if (!room) return { limit: 100, onHeld: () => undefined };
  const cap = capNow(room, minuteOfDay(), { player, role, roles });
  return {
    limit: Math.round(cap.level * 100),
    onHeld: () => void sayHeld(store, cap, room, player?.name).catch((error: unknown) => store.fail(error)),
  };
}

/** Why a slider goes no further, and the way to where it is set. */
async function sayHeld({ toasts, router }: Store, cap: Cap, room: Room, player?: string): Promise<void> {
  const { capText } = await import('../state/limit-words.js');
  toasts.show(capText(cap, room, player), {
    action: { label: 'Limits', run: () => router.go({ view: 'limits' }) },
  });
}
