import type { SessionEntry } from '../../src/protocol/people.js';
import { Button } from '../components/buttons.js';
import { ago } from '../state/job-words.js';
import { agentWords } from '../state/people-words.js';
import { useStore } from '../state/store.js';

interface SessionListProps {
  readonly label: string;
  readonly sessions: readonly SessionEntry[];
  /** Of guests one wants to know who it is. */
  readonly named?: boolean;
  readonly next: () => void;
}

/** Where somebody is signed in, each with its end. */
export function SessionList({ label, sessions, named, next }: SessionListProps) {
  const store = useStore();
  const end = async ({ session_id }: SessionEntry): Promise<void> => {
    if (await store.ask('session:revoke', { session_id })) next();
  };
  return (
    <ul class="rows" aria-label={label}>
      {sessions.map((session) => (
        <li key={session.session_id} class="person">
          <span class="row-text">
            <span class="row-title">{named ? session.name : agentWords(session.agent)}</span>
            <span class="row-sub">{where(session, named === true)}</span>
          </span>
          {session.current ? (
            <span class="mark">This one</span>
          ) : (
            <Button
              label={named ? 'Show out' : 'Sign out'}
              about={named ? session.name : `${agentWords(session.agent)} at ${session.address}`}
              onClick={() => void end(session)}
            />
          )}
        </li>
      ))}
    </ul>
  );
}

function where({ address, agent, last_seen_at }: SessionEntry, named: boolean): string {
  const seen = ago(last_seen_at, Date.now());
  return named ? `${agentWords(agent)} · ${seen}` : `${address} · ${seen}`;
}
