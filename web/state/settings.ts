import * as z from 'zod';
import { effect, signal, type Signal } from '@preact/signals';

export type Theme = 'system' | 'dark' | 'light';

const KEY = 'tutti';
const Stored = z.object({
  theme: z.enum(['system', 'dark', 'light']).catch('system'),
  room_id: z.string().optional().catch(undefined),
});

/** What this phone remembers. Nothing here matters to anybody else. */
export interface Settings {
  readonly theme: Signal<Theme>;
  readonly roomId: Signal<string | undefined>;
}

/** Settings that are written back when they change. A browser that refuses storage, or even the look at it, only forgets. */
export function loadSettings(storage: () => Pick<Storage, 'getItem' | 'setItem'>): Settings {
  const stored = read(storage);
  const settings: Settings = { theme: signal(stored.theme), roomId: signal(stored.room_id) };
  effect(() => {
    const text = JSON.stringify({ theme: settings.theme.value, room_id: settings.roomId.value });
    try {
      storage().setItem(KEY, text);
    } catch {
      // Private windows refuse to store; the page works without.
    }
  });
  return settings;
}

function read(storage: () => Pick<Storage, 'getItem'>): z.output<typeof Stored> {
  try {
    return Stored.parse(JSON.parse(storage().getItem(KEY) ?? '{}'));
  } catch {
    return { theme: 'system' };
  }
}
