import { useState } from 'preact/hooks';
import type { Invitation } from '../../src/protocol/people.js';
import type { Room } from '../../src/protocol/room.js';
import { Button } from '../components/buttons.js';
import { Choice, Field, SheetForm } from '../components/form.js';
import { CopyLine, LocalNote, QrCode } from '../components/share.js';
import { Sheet } from '../components/sheet.js';
import { doorOf } from '../state/door.js';
import { linkAt } from '../state/party-link.js';
import { invitationWords } from '../state/people-words.js';
import { useStore } from '../state/store.js';
import { useAnswer, type PartProps } from './asked.js';
import { SessionList } from './session-list.js';

/** Invitations that have not ended, and for admins the guests who are in. */
export function GuestsPart({ round, next }: PartProps) {
  const store = useStore();
  const { rooms } = store.house;
  const invitations = useAnswer('invitation:list', {}, round).value?.invitations;
  const [inviting, setInviting] = useState<Room>();
  const revoke = async ({ invitation_id }: Invitation): Promise<void> => {
    if (await store.ask('invitation:revoke', { invitation_id })) next();
  };
  const roomName = (id: string): string => rooms.value?.find(({ room_id }) => room_id === id)?.name ?? id;
  return (
    <>
      <p class="part-about dim">Guests come by a link to one room, and see and hear nothing of the others.</p>
      <ul class="rows" aria-label="Invitations">
        {invitations?.map((invitation) => (
          <li key={invitation.invitation_id} class="person">
            <span class="row-text">
              <span class="row-title">{roomName(invitation.room_id)}</span>
              <span class="row-sub">{invitationWords(invitation, Date.now())}</span>
            </span>
            <Button
              label="Revoke"
              about={roomName(invitation.room_id)}
              onClick={() => void revoke(invitation)}
            />
          </li>
        ))}
      </ul>
      <h3 class="party-heading">Invite to</h3>
      <div class="party-tools">
        {rooms.value?.map((room) => (
          <Button
            key={room.room_id}
            icon="share"
            label={room.name}
            about="invite guests"
            onClick={() => setInviting(room)}
          />
        ))}
      </div>
      {doorOf(store).you.value?.role === 'admin' && <GuestSessions round={round} next={next} />}
      {inviting && (
        <InviteGuestsSheet
          room={inviting}
          onClose={() => {
            setInviting(undefined);
            next();
          }}
        />
      )}
    </>
  );
}

function GuestSessions({ round, next }: PartProps) {
  const answer = useAnswer('session:list', { everybody: true }, round).value;
  const guests = answer?.sessions.filter(({ role }) => role === 'guest') ?? [];
  if (guests.length === 0) return null;
  return (
    <>
      <h3 class="party-heading">Guests who are in</h3>
      <SessionList label="Guests" sessions={guests} next={next} named />
    </>
  );
}

const HOUR_SECONDS = 3600;
const LIVES = [
  { value: 4 * HOUR_SECONDS, label: '4 hours' },
  { value: 24 * HOUR_SECONDS, label: 'One day' },
  { value: 7 * 24 * HOUR_SECONDS, label: 'One week' },
  { value: 30 * 24 * HOUR_SECONDS, label: '30 days' },
];

interface InviteGuestsProps {
  readonly room: Room;
  readonly onClose: () => void;
}

/** Makes an invitation to a room and shows it, this once. */
export function InviteGuestsSheet({ room, onClose }: InviteGuestsProps) {
  const { client } = useStore();
  const [seconds, setSeconds] = useState(24 * HOUR_SECONDS);
  const [places, setPlaces] = useState('20');
  const [path, setPath] = useState<string>();
  const max_uses = /^\d{1,3}$/.test(places) ? Number(places) : 0;
  if (path !== undefined)
    return (
      <Sheet key="made" title={`To ${room.name}`} onClose={onClose}>
        <Made room={room} path={path} />
      </Sheet>
    );
  return (
    <Sheet title={`Invite guests to ${room.name}`} onClose={onClose}>
      <SheetForm
        icon="share"
        submit="Make the invitation"
        disabled={max_uses < 1 || max_uses > 500}
        run={async () => {
          const { room_id } = room;
          const asked = { room_id, expires_in_seconds: seconds, max_uses };
          setPath((await client.send('invitation:create', asked)).path);
          return undefined;
        }}
      >
        <Choice legend="How long it is good" options={LIVES} value={seconds} onInput={setSeconds} />
        <Field
          label="For how many people"
          keys="numeric"
          value={places}
          onInput={setPlaces}
          longest={3}
          required
        />
      </SheetForm>
    </Sheet>
  );
}

function Made({ room, path }: { room: Room; path: string }) {
  const { url, local } = linkAt(location.href, path);
  return (
    <>
      {local ? (
        <LocalNote />
      ) : (
        <>
          <p class="sheet-about dim">
            Phones in the same network come in by scanning this or by the link. It is not shown again.
          </p>
          <QrCode text={url} />
        </>
      )}
      <CopyLine
        label={local ? 'Link, for this machine only' : 'Link'}
        text={url}
        share={local ? undefined : { title: 'Tutti', text: `Come and listen in ${room.name}` }}
      />
    </>
  );
}
