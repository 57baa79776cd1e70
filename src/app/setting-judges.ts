import { DRIVERS, SnapcastOptions } from '../../drivers/index.js';
import { AppError } from '../base/index.js';
import type { Fault, Judges } from '../config/index.js';
import { readTemplate } from '../pipeline/index.js';
import { configuredPlayerFaults, type PlayerKind } from '../players/index.js';
import { Proxies } from '../server/index.js';

/** What players of each kind are told who are named by hand. Satellites name themselves. */
const PLAYER_KINDS: readonly PlayerKind[] = [...DRIVERS, { kind: 'snapcast', options: SnapcastOptions }];

const TEMPLATE_FIELDS =
  "Write fields such as {album_artist}, {album}, {year}, {disc}, {track} and {title}: '{album_artist}/{album}/{track} {title}'";

/** What drivers and other parts know of settings that have the right form, so that a wrong one is refused before anything goes by it. */
export function settingJudges(kinds: readonly PlayerKind[] = PLAYER_KINDS): Judges {
  return {
    players: (players) => configuredPlayerFaults(kinds, players),
    path_template: (text) =>
      thrownBy(() => readTemplate(text)).map((fault) => ({ ...fault, suggestion: TEMPLATE_FIELDS })),
    trusted_proxies: (list) => thrownBy(() => new Proxies(list)),
    allowed_origins: (list) =>
      list
        .filter((text) => !URL.canParse(text))
        .map((text) => ({
          path: [],
          reason: `allowed_origins: ${JSON.stringify(text)} is no web address.`,
          suggestion: 'For example: allowed_origins: [https://home.example]',
        })),
  };
}

function thrownBy(look: () => unknown): Fault[] {
  try {
    look();
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [{ path: [], reason: `${error.message}.` }];
  }
}
