import { useStore } from '../state/store.js';
import { wallTime } from '../state/format.js';
import { Icon } from './icon.js';

/** Says when what is shown may not be true any more. It lies over the page and moves nothing. */
export function ConnectionBanner() {
  const { house } = useStore();
  const { state, heard_at_ms, problem } = house.connection.value;
  return (
    <div class={`banner ${state}`} role="status" aria-live="assertive">
      {state !== 'live' && (
        <p>
          <Icon name={state === 'offline' ? 'warning' : 'scan'} size={18} />
          {textOf(state, heard_at_ms, problem)}
        </p>
      )}
    </div>
  );
}

function textOf(
  state: 'connecting' | 'stale' | 'polling' | 'offline',
  heardAtMs: number | undefined,
  problem: 'sign_in' | 'refused' | 'version' | undefined,
): string {
  if (problem === 'version') return 'This page is too old for the server: reload it';
  if (problem === 'refused') return 'The server does not let this phone in';
  if (problem === 'sign_in') return 'Nobody is signed in on this phone';
  if (state === 'polling') return 'This network is slow to tell: some seconds behind';
  if (state === 'connecting') return 'Connecting…';
  if (state === 'stale') return 'Reconnecting…';
  return heardAtMs === undefined
    ? 'No answer from Tutti: still trying…'
    : `Offline, shown as of ${wallTime(heardAtMs)}`;
}
