import type { SettingKey } from '../config/index.js';
import type { Players } from '../players/index.js';
import { liveRules, type RunningServer } from '../server/index.js';
import type { HouseSettings } from '../settings/index.js';
import type { Store } from '../state/index.js';
import { replaceNotices } from './notices.js';

/** What the server that clients are connected to goes by. */
const OF_THE_SERVER: readonly SettingKey[] = [
  'allowed_hosts',
  'allowed_origins',
  'max_connections',
  'max_connections_per_ip',
  'max_connections_per_user',
  'connection_timeout_seconds',
  'max_queue_events',
  'messages_per_minute',
  'message_burst',
  'bytes_per_minute',
  'commands_per_minute_per_user',
  'costly_commands_per_minute',
  'job_stream_connects_per_minute',
];

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
  settings.follow(OF_THE_SERVER, (config) => server.change(liveRules(config)));
  settings.follow(['players'], (config) => players.configure(config.players));
  settings.start({ told: (notices) => replaceNotices(store, 'settings-', notices), restart });
}
