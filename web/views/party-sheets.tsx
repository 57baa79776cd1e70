import { useState } from 'preact/hooks';
import type { PartyRules } from '../../src/protocol/party.js';
import type { Room } from '../../src/protocol/room.js';
import { Button } from '../components/buttons.js';
import { Check, Field, SheetForm } from '../components/form.js';
import { CopyLine, LocalNote, QrCode } from '../components/share.js';
import { Sheet } from '../components/sheet.js';
import { Slider } from '../components/slider.js';
import { doorOf } from '../state/door.js';
import { invitationTo } from '../state/party-link.js';
import { partyOf } from '../state/party.js';
import { useStore } from '../state/store.js';
import { InviteGuestsSheet } from './guests.js';

interface RoomSheetProps {
  readonly room: Room;
  readonly onClose: () => void;
}

const USUAL: PartyRules = {
  description: '',
  max_participants: 20,
  public: true,
  fair: true,
  skip_quorum: 0.5,
  cooldown_seconds: 15,
};

/** Opens the doors of a room. Who does so is the host. */
export function OpenPartySheet({ room, onClose }: RoomSheetProps) {
  const store = useStore();
  const control = partyOf(store);
  const { room_id } = room;
  const [name, setName] = useState(control.name.peek());
  const [rules, setRules] = useState(USUAL);
  return (
    <Sheet title={`A party in ${room.name}`} onClose={onClose}>
      <SheetForm
        icon="people"
        submit="Open"
        disabled={name.trim() === ''}
        run={async () => {
          await control.open({ room_id, name: name.trim(), ...rules });
          onClose();
          store.router.go({ view: 'party', id: room_id });
          return undefined;
        }}
      >
        <Field
          label="Your name (you are the host)"
          value={name}
          onInput={setName}
          longest={40}
          required
          first
        />
        <RulesFields rules={rules} onInput={setRules} />
      </SheetForm>
    </Sheet>
  );
}

export function PartyRulesSheet({ room, onClose }: RoomSheetProps) {
  const store = useStore();
  const {
    description,
    max_participants,
    public: open,
    fair,
    skip_quorum,
    cooldown_seconds,
  } = store.house.party.peek() ?? USUAL;
  const [rules, setRules] = useState<PartyRules>({
    description,
    max_participants,
    public: open,
    fair,
    skip_quorum,
    cooldown_seconds,
  });
  return (
    <Sheet title="Rules of the party" onClose={onClose}>
      <SheetForm
        icon="check"
        submit="Save"
        run={async () => {
          await partyOf(store).send('room:rules', { room_id: room.room_id, ...rules });
          onClose();
          return undefined;
        }}
      >
        <RulesFields rules={rules} onInput={setRules} />
      </SheetForm>
    </Sheet>
  );
}

interface RulesFieldsProps {
  readonly rules: PartyRules;
  readonly onInput: (rules: PartyRules) => void;
}

function RulesFields({ rules, onInput }: RulesFieldsProps) {
  const [places, setPlaces] = useState(String(rules.max_participants));
  const set = (change: Partial<PartyRules>): void => onInput({ ...rules, ...change });
  const percent = Math.round(rules.skip_quorum * 100);
  return (
    <>
      <Field
        label="What it is about (optional)"
        value={rules.description}
        onInput={(description) => set({ description })}
        longest={500}
      />
      <Field
        label="Places"
        keys="numeric"
        value={places}
        onInput={(text) => {
          setPlaces(text);
          const number = Number.parseInt(text, 10);
          if (number >= 1 && number <= 1000) set({ max_participants: number });
        }}
        onLeave={() => setPlaces(String(rules.max_participants))}
        longest={4}
        required
      />
      <Check
        label="Public: everybody in the house can join"
        value={rules.public}
        onInput={(on) => set({ public: on })}
      />
      <Check label="People take turns in the queue" value={rules.fair} onInput={(fair) => set({ fair })} />
      <NumberSlider
        label="Votes that skip a track"
        text={`${percent} % of those here`}
        value={percent}
        min={5}
        max={100}
        step={5}
        onInput={(value) => set({ skip_quorum: value / 100 })}
      />
      <NumberSlider
        label="Votes count after"
        text={`${rules.cooldown_seconds} seconds`}
        value={rules.cooldown_seconds}
        min={0}
        max={120}
        step={5}
        onInput={(cooldown_seconds) => set({ cooldown_seconds })}
      />
    </>
  );
}

interface NumberSliderProps {
  readonly label: string;
  readonly text: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly onInput: (value: number) => void;
}

function NumberSlider({ label, text, ...slider }: NumberSliderProps) {
  return (
    <div class="limit-field">
      <span class="limit-name">
        {label} <strong>{text}</strong>
      </span>
      <Slider label={label} text={text} {...slider} />
    </div>
  );
}

/** The link that lets others in, as words and as a picture for their cameras. Where people sign in, it has to let them in there too. */
export function InviteSheet({ room, onClose }: RoomSheetProps) {
  const signedIn = doorOf(useStore()).you.value !== undefined;
  return signedIn ? (
    <InviteGuestsSheet room={room} onClose={onClose} />
  ) : (
    <PartyLinkSheet room={room} onClose={onClose} />
  );
}

function PartyLinkSheet({ room, onClose }: RoomSheetProps) {
  const store = useStore();
  const seat = partyOf(store).seat(room.room_id);
  if (!seat) return null;
  const invitation = invitationTo(location.href, room.room_id, seat.invite);
  return (
    <Sheet title="Invite people" onClose={onClose}>
      {invitation.local ? (
        <LocalNote />
      ) : (
        <>
          <p class="sheet-about dim">Phones in the same network join by scanning this or by the link.</p>
          <QrCode text={invitation.url} />
        </>
      )}
      <CopyLine
        label={invitation.local ? 'Link, for this machine only' : 'Link'}
        text={invitation.url}
        share={
          invitation.local ? undefined : { title: 'Listening party', text: `Listen along in ${room.name}` }
        }
      />
    </Sheet>
  );
}

export function ClosePartySheet({ room, onClose }: RoomSheetProps) {
  const store = useStore();
  return (
    <Sheet title="Close the party?" onClose={onClose}>
      <SheetForm
        icon="close"
        submit="Close the party"
        run={async () => {
          await partyOf(store).send('room:close', { room_id: room.room_id });
          onClose();
          return undefined;
        }}
        beside={<Button label="Keep it open" onClick={onClose} />}
      >
        <p class="sheet-about">Everybody leaves. The music goes on, with the queue as it is.</p>
      </SheetForm>
    </Sheet>
  );
}
