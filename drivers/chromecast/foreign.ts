import type { Foreign } from '../../src/protocol/index.js';
import type { Sight } from './sight.js';
import type { Application } from './wire.js';

/** What somebody else plays: another app, or another sender's media in the app that we use too. */
export function foreignOf(app: Application | undefined, sight: Sight | undefined): Foreign | undefined {
  if (!app && !sight) return undefined;
  const { state = 'playing', duration_seconds } = sight ?? {};
  return {
    title: sight?.title ?? app?.statusText ?? app?.displayName ?? '',
    artist: sight?.artist ?? (sight?.title === undefined ? '' : (app?.displayName ?? '')),
    status: state === 'idle' ? 'stopped' : state,
    position_seconds: sight?.position_seconds ?? 0,
    ...(duration_seconds !== undefined && { duration_seconds }),
  };
}
