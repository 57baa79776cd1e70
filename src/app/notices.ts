import type { Config } from '../config/index.js';
import type { DriverDefinition, Players } from '../players/index.js';
import type { SystemState } from '../protocol/index.js';
import type { Store } from '../state/index.js';

/** Ids of notices of what is wired to the header. */
export const HEADER_NOTICES = 'header-';

export const MUSIC_AWAY = 'music-away';
export const MUSIC_FOLDER = 'music-folder';

/** May be told before all others. */
const EARLY: readonly string[] = [HEADER_NOTICES, MUSIC_AWAY, MUSIC_FOLDER];

/** What the page says about this installation. Without any player there is a silent one, so that everything can be tried. */
export function settleNotices(
  store: Store,
  players: Players,
  config: Config,
  drivers: readonly DriverDefinition[],
  others: SystemState['notices'],
): SystemState['notices'] {
  const silent = drivers.find((driver) => driver.kind === 'null');
  if (store.state.players.size === 0 && silent)
    players.found(silent, { key: 'silent', name: 'Silent output', options: {} });
  const early = store.state.system.notices.filter(({ notice_id }) =>
    EARLY.some((prefix) => notice_id.startsWith(prefix)),
  );
  const notices: SystemState['notices'] = [...others, ...early];
  if ([...store.state.players.values()].every(({ kept }) => kept.kind === 'null')) {
    const message =
      'No loudspeaker was found: nothing is heard, everything else works. Add a player, or install mpv and plug in a sound card.';
    notices.push({ notice_id: 'silent-output', level: 'warning', message });
  }
  if (config.music_dir === undefined) {
    const message =
      'No music folder is set: these are demo tracks. Choose yours under Settings, Server settings, Music folder.';
    notices.push({ notice_id: 'demo-music', level: 'info', message });
  }
  store.commit({ type: 'system/notices', notices });
  return notices;
}

/** In the place of all notices whose ids begin so, these; what else there is stays. */
export function replaceNotices(store: Store, prefix: string, fresh: SystemState['notices']): void {
  const others = store.state.system.notices.filter(({ notice_id }) => !notice_id.startsWith(prefix));
  const before = store.state.system.notices.filter(({ notice_id }) => notice_id.startsWith(prefix));
  if (JSON.stringify(before) === JSON.stringify(fresh)) return;
  store.commit({ type: 'system/notices', notices: [...fresh, ...others] });
}
