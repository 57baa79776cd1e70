import { useEffect, useState } from 'preact/hooks';
import '../styles/party.css';
import type { Party, PartySummary, Participant } from '../../src/protocol/party.js';
import { Button, IconButton } from '../components/buttons.js';
import { Field, SheetForm } from '../components/form.js';
import { doorOf } from '../state/door.js';
import { count } from '../state/format.js';
import { partyOf } from '../state/party.js';
import { useStore } from '../state/store.js';
import { PartyChat, useUnread } from './party-chat.js';
import { PartyMusic } from './party-music.js';
import { PartyPeople } from './party-people.js';

/** Says who this phone is in parties after every new connection, whatever is shown. */
export function PartyKeeper() {
  const store = useStore();
  useEffect(() => void partyOf(store), [store]);
  return null;
}

/** The room that an address names becomes the one that this phone controls. */
function useRoom(id: string): 'waiting' | 'missing' | 'here' {
  const { house } = useStore();
  const known = house.rooms.value;
  const there = known?.some(({ room_id }) => room_id === id);
  useEffect(() => {
    if (there && house.roomId.peek() !== id) house.select(id);
  }, [there, id]);
  if (there === false) return 'missing';
  return house.room.value?.room_id === id ? 'here' : 'waiting';
}

/** The listening party in a room, for who is in it; for others the door. */
export function PartyView({ id }: { id: string }) {
  const store = useStore();
  const { me, entering } = partyOf(store);
  const where = useRoom(id);
  const party = store.house.party.value;
  const doors = store.house.doors.value;
  if (where === 'here' && party && me.value) return <Inside id={id} party={party} me={me.value} />;
  return (
    <section class="view party" aria-label="Listening party">
      <header class="view-header">
        <h2>Listening party</h2>
      </header>
      <div class="scroller">
        {where === 'missing' && <NoRoom />}
        {where === 'here' && !doors && <NoParty id={id} />}
        {where === 'here' && doors && !entering.value && <Door id={id} doors={doors} />}
      </div>
    </section>
  );
}

/** Behind a link that somebody shared: it asks for a name and goes in. */
export function JoinView({ id, invite }: { id: string; invite: string | undefined }) {
  const store = useStore();
  const { me, entering } = partyOf(store);
  const where = useRoom(id);
  const doors = store.house.doors.value;
  const inside = where === 'here' && me.value !== undefined;
  useEffect(() => {
    if (inside) store.router.replace({ view: 'party', id });
  }, [inside]);
  return (
    <section class="view party" aria-label="Invitation">
      <header class="view-header">
        <h2>You are invited</h2>
      </header>
      <div class="scroller">
        {where === 'missing' && <NoRoom />}
        {where === 'here' && !doors && <p class="empty">The doors of this party are closed by now.</p>}
        {where === 'here' && doors && !inside && !entering.value && (
          <Door id={id} doors={doors} invite={invite} />
        )}
      </div>
    </section>
  );
}

function NoRoom() {
  return <p class="empty">There is no such room.</p>;
}

function NoParty({ id }: { id: string }) {
  const { sheet, invited } = useStore();
  return (
    <div class="empty">
      <p>No party is on in this room.</p>
      {invited.value ? (
        <p>As soon as somebody of the house opens one, you are in.</p>
      ) : (
        <Button
          icon="people"
          kind="primary"
          label="Open for a party"
          onClick={() => (sheet.value = { kind: 'party-open', room_id: id })}
        />
      )}
    </div>
  );
}

interface DoorProps {
  readonly id: string;
  readonly doors: PartySummary;
  readonly invite?: string | undefined;
}

function Door({ id, doors, invite }: DoorProps) {
  const store = useStore();
  const control = partyOf(store);
  const [name, setName] = useState(control.name.peek());
  const { host, participant_count, max_participants, description } = doors;
  const you = doorOf(store).you.value;
  const needsInvite = !doors.public && invite === undefined && !store.invited.value;
  return (
    <div class="party-door">
      <p class="party-room">{store.house.room.value?.name}</p>
      {description !== '' && <p>{description}</p>}
      <p class="dim">
        {host === '' ? '' : `${host} is the host · `}
        {participant_count} of {count(max_participants, 'place')} taken
      </p>
      {needsInvite ? (
        <p class="party-private">
          This party is private. Ask somebody who is in it for the link or the QR code.
        </p>
      ) : (
        <SheetForm
          icon="people"
          submit="Join"
          disabled={!you && name.trim() === ''}
          run={async () => {
            await control.join(id, you ? undefined : name.trim(), invite);
            store.router.replace({ view: 'party', id });
            return undefined;
          }}
        >
          {you ? (
            <p class="dim">The others will see you as {you.name}.</p>
          ) : (
            <Field label="Your name" value={name} onInput={setName} longest={40} required first />
          )}
        </SheetForm>
      )}
    </div>
  );
}

const PARTS = ['Music', 'Chat', 'People'] as const;

interface InsideProps {
  readonly id: string;
  readonly party: Party;
  readonly me: Participant;
}

function Inside({ id, party, me }: InsideProps) {
  const store = useStore();
  const [part, setPart] = useState<(typeof PARTS)[number]>('Music');
  const unread = useUnread(party.chat, me.participant_id, part === 'Chat');
  const here = party.participants.filter(({ presence }) => presence === 'here').length;
  const notes = { Music: '', Chat: unread === 0 ? '' : `${unread} new`, People: String(here) };
  return (
    <section class="view party" aria-label="Listening party">
      <header class="view-header">
        <div>
          <h2>{store.house.room.value?.name}</h2>
          <p>{party.description || `${here} here`}</p>
        </div>
        <div class="header-actions">
          <IconButton
            icon="volume"
            label="Listen here"
            onClick={() => (store.sheet.value = { kind: 'listen', room_id: id })}
          />
          {!store.invited.value && (
            <IconButton
              icon="share"
              label="Invite people"
              onClick={() => (store.sheet.value = { kind: 'party-invite', room_id: id })}
            />
          )}
        </div>
      </header>
      <div class="party-parts" role="group" aria-label="Parts of the party">
        {PARTS.map((name) => (
          <button key={name} type="button" aria-pressed={part === name} onClick={() => setPart(name)}>
            {name}
            {notes[name] !== '' && <span class={name === 'Chat' ? 'unread' : 'dim'}>{notes[name]}</span>}
          </button>
        ))}
      </div>
      {part === 'Music' && <PartyMusic party={party} me={me} />}
      {part === 'Chat' && <PartyChat id={id} chat={party.chat} me={me.participant_id} />}
      {part === 'People' && <PartyPeople id={id} party={party} me={me} />}
    </section>
  );
}
