import { useRef, useState } from 'preact/hooks';
import type { PartyRules } from '../../src/protocol/party.js';
import type { Room } from '../../src/protocol/room.js';
import { Button } from '../components/buttons.js';
import { Field, SheetForm } from '../components/form.js';
import { Sheet } from '../components/sheet.js';
import { Slider } from '../components/slider.js';
import { invitationTo, modulesPath, type Invitation } from '../state/party-link.js';
import { partyOf } from '../state/party.js';
import { useStore } from '../state/store.js';
import { useLoaded } from './hooks.js';

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

interface CheckProps {
  readonly label: string;
  readonly value: boolean;
  readonly onInput: (value: boolean) => void;
}

function Check({ label, value, onInput }: CheckProps) {
  return (
    <label class="check">
      <input type="checkbox" checked={value} onChange={(event) => onInput(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
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

/** The link that lets others in, as words and as a picture for their cameras. */
export function InviteSheet({ room, onClose }: RoomSheetProps) {
  const store = useStore();
  const seat = partyOf(store).seat(room.room_id);
  if (!seat) return null;
  const invitation = invitationTo(location.href, room.room_id, seat.invite);
  return (
    <Sheet title="Invite people" onClose={onClose}>
      {invitation.local ? (
        <p class="sheet-about">
          You opened this page at <strong>{location.host}</strong>, an address that only this machine
          understands. For a link that works on phones, open Tutti by the name or the number of the machine it
          runs on, such as {`http://raspberrypi.local${location.port && `:${location.port}`}`}, and come back
          here.
        </p>
      ) : (
        <>
          <p class="sheet-about dim">Phones in the same network join by scanning this or by the link.</p>
          <QrCode text={invitation.url} />
        </>
      )}
      <LinkLine invitation={invitation} />
    </Sheet>
  );
}

function QrCode({ text }: { text: string }) {
  const { value } = useLoaded(() => import('uqr'), []);
  const code = value?.encode(text, { ecc: 'M', border: 3 });
  return (
    <div class="qr" role="img" aria-label="QR code of the link">
      {code && (
        <svg viewBox={`0 0 ${code.size} ${code.size}`} aria-hidden="true" shape-rendering="crispEdges">
          <path d={modulesPath(code.data)} />
        </svg>
      )}
    </div>
  );
}

function LinkLine({ invitation: { url, local } }: { invitation: Invitation }) {
  const store = useStore();
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState<boolean>();
  const share = 'share' in navigator && !local;
  return (
    <>
      <label class="field">
        <span>{local ? 'Link, for this machine only' : 'Link'}</span>
        <input
          ref={field}
          type="text"
          readOnly
          value={url}
          onFocus={(event) => event.currentTarget.select()}
        />
      </label>
      <div class="play-buttons">
        <Button
          icon="save"
          label="Copy"
          kind="primary"
          offline
          onClick={() => void copy(field.current, url).then(setCopied)}
        />
        {share && (
          <Button
            icon="share"
            label="Share"
            offline
            onClick={() =>
              // Whoever changes their mind rejects it: nothing is wrong then.
              void navigator
                .share({
                  title: 'Listening party',
                  text: `Listen along in ${store.house.room.peek()?.name}`,
                  url,
                })
                .catch(() => undefined)
            }
          />
        )}
      </div>
      <p class="copied" role="status">
        {copied === undefined
          ? ''
          : copied
            ? 'Copied'
            : 'The browser copies nothing here: the link is selected'}
      </p>
    </>
  );
}

/** Over plain HTTP browsers have no clipboard of their own: the field's text is copied the old way. */
async function copy(field: HTMLInputElement | null, text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    field?.focus();
    field?.select();
    return document.execCommand('copy');
  }
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
