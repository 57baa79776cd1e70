import type { Players } from '../players/index.js';
import { liveRules, SERVER_KEYS, type RunningServer } from '../server/index.js';
import type { HouseSettings } from '../settings/index.js';
import type { Store } from '../state/index.js';
import { replaceNotices } from './notices.js';

export interface Following {
  restart(this: void, reason: string): void;
  readonly server: RunningServer;
  readonly players: Players;
  readonly store: Store;
}

/** Live settings that have to be told to somebody; the others are read where they are needed. */
export function followSettings(
  settings: HouseSettings,
  { server, players, store, restart }: Following,
): void {
  settings.follow(SERVER_KEYS, (config) => server.change(liveRules(config)));
  settings.follow(['players'], (config) => players.configure(config.players));
  settings.start({ told: (notices) => replaceNotices(store, 'settings-', notices), restart });
}
