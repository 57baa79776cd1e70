import { useState } from 'preact/hooks';
import type { Party, Participant } from '../../src/protocol/party.js';
import { Button, IconButton } from '../components/buttons.js';
import { Menu } from '../components/menu.js';
import { partyOf } from '../state/party.js';
import { ruleLines } from '../state/party-words.js';
import { useStore } from '../state/store.js';

interface PartyPeopleProps {
  readonly id: string;
  readonly party: Party;
  readonly me: Participant;
}

/** Who is in, what holds, and the way out. */
export function PartyPeople({ id, party, me }: PartyPeopleProps) {
  const store = useStore();
  const control = partyOf(store);
  const [chosen, setChosen] = useState<Participant>();
  const open = (kind: 'party-invite' | 'party-rules' | 'party-close') => () =>
    (store.sheet.value = { kind, room_id: id });
  return (
    <div class="scroller">
      <ul class="rows" aria-label="People">
        {party.participants.map((person) => (
          <Person
            key={person.participant_id}
            person={person}
            mine={person.participant_id === me.participant_id}
            onMore={me.host ? () => setChosen(person) : undefined}
          />
        ))}
      </ul>
      <div class="party-tools">
        {!store.invited.value && (
          <Button icon="share" kind="primary" label="Invite people" onClick={open('party-invite')} />
        )}
        {me.host && <Button icon="settings" label="Rules" onClick={open('party-rules')} />}
        <Button icon="back" label="Leave" onClick={() => void leave(store, id)} />
        {me.host && <Button icon="close" label="Close the party" onClick={open('party-close')} />}
      </div>
      <h3 class="party-heading">What holds here</h3>
      <ul class="party-rules">
        {ruleLines(party).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {chosen && (
        <Menu
          title={chosen.name}
          onClose={() => setChosen(undefined)}
          entries={[
            {
              icon: 'people',
              label: `Make ${chosen.name} the host`,
              run: () =>
                void control.ask('room:hand-over', {
                  room_id: id,
                  participant_id: chosen.participant_id,
                }),
            },
          ]}
        />
      )}
    </div>
  );
}

async function leave(store: ReturnType<typeof useStore>, id: string): Promise<void> {
  try {
    await partyOf(store).leave(id);
    store.toasts.show('You have left the party');
    store.router.replace({ view: 'playing' });
  } catch (error) {
    store.fail(error);
  }
}

interface PersonProps {
  readonly person: Participant;
  readonly mine: boolean;
  /** For the host. */
  readonly onMore: (() => void) | undefined;
}

function Person({ person, mine, onMore }: PersonProps) {
  const { name, host, presence } = person;
  const marks = [host && 'Host', presence === 'away' && 'Away'].filter(Boolean).join(' · ');
  return (
    <li class={`person ${presence}`}>
      <span class={`initial ${host ? 'host' : ''}`} aria-hidden="true">
        {[...name][0]?.toUpperCase()}
      </span>
      <span class="row-text">
        <span class="row-title">{mine ? `${name} (you)` : name}</span>
        {marks !== '' && <span class="row-sub">{marks}</span>}
      </span>
      {onMore && !mine && <IconButton icon="more" label={`More for ${name}`} onClick={onMore} />}
    </li>
  );
}
