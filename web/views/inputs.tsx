import { useState } from 'preact/hooks';
import type { Binding, Input } from '../../src/protocol/inputs.js';
import { AskSheet } from '../components/ask-sheet.js';
import { Button, IconButton } from '../components/buttons.js';
import { Icon } from '../components/icon.js';
import { Notices } from '../components/notices.js';
import { Menu } from '../components/menu.js';
import { isAdmin } from '../state/door.js';
import { ACTION_WORDS, gestureWords, KIND_WORDS } from '../state/input-words.js';
import { ago } from '../state/job-words.js';
import { useStore } from '../state/store.js';
import '../styles/pipeline.css';
import '../styles/inputs.css';
import { useAnswer } from './asked.js';
import { BackHeader } from './collections.js';
import { useList, useNow } from './follow.js';
import { OnlyAdmins } from './not-for-you.js';
import { KeySheet, LearnSheet, type Key } from './input-sheets.js';
import { Switch } from './schedules.js';

type Open =
  | { readonly kind: 'learn' | 'menu' | 'reset' | 'forget'; readonly input_id: string }
  | { readonly kind: 'key'; readonly input_id: string; readonly key: Key };

/** Remote controls, keyboards, knobs and buttons of the machine: what their keys do, and teaching them. */
export function InputsView() {
  const store = useStore();
  const admin = isAdmin(store);
  const inputs = useList('inputs', admin);
  const problem = useAnswer('input:list', {}, inputs?.length ?? 0).value?.problem;
  const [open, setOpen] = useState<Open>();
  const now = useNow(10_000);
  const close = (): void => setOpen(undefined);
  const about = inputs?.find(({ input_id }) => input_id === open?.input_id);
  return (
    <section class="view pipeline" aria-label="Remotes and knobs">
      <BackHeader title="Remotes and knobs" />
      {!admin ? (
        <OnlyAdmins />
      ) : (
        <div class="scroller">
          {/* What is wired to the header and cannot be used: outputs have no card of their own. */}
          <Notices prefix="header-" label="About the header" />
          {inputs?.length === 0 && (
            <p class="empty">
              Plug a keyboard, the receiver of a remote control or a knob into the machine that Tutti runs on:
              it shows up here.
            </p>
          )}
          {problem !== undefined && <p class="pipeline-none">{sentence(problem)}</p>}
          <ul class="cards" aria-label="Remotes and knobs">
            {inputs
              ?.toSorted((one, other) => Number(other.connected) - Number(one.connected))
              .map((input) => (
                <InputCard key={input.input_id} input={input} now={now} onOpen={setOpen} />
              ))}
          </ul>
        </div>
      )}
      {about && open?.kind === 'menu' && <InputMenu input={about} onOpen={setOpen} onClose={close} />}
      {about && open?.kind === 'learn' && (
        <LearnSheet input={about} onClose={close} onHeard={(key) => setOpen({ ...open, kind: 'key', key })} />
      )}
      {about && open?.kind === 'key' && <KeySheet input={about} pressed={open.key} onClose={close} />}
      {about && open?.kind === 'reset' && (
        <AskSheet
          title={`${about.name} as it was at first?`}
          icon="undo"
          yes="As at first"
          run={() => store.client.send('input:reset', { input_id: about.input_id })}
          onClose={close}
        >
          <p>Keys do what is printed on them. What you taught it is forgotten.</p>
        </AskSheet>
      )}
      {about && open?.kind === 'forget' && (
        <AskSheet
          title={`Forget ${about.name}?`}
          icon="trash"
          yes="Forget it"
          run={() => store.client.send('input:forget', { input_id: about.input_id })}
          onClose={close}
        >
          <p>When it is plugged in again it begins anew.</p>
        </AskSheet>
      )}
    </section>
  );
}

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
const sentence = (text: string): string => `${capital(text)}.`;

interface InputMenuProps {
  readonly input: Input;
  readonly onOpen: (open: Open) => void;
  readonly onClose: () => void;
}

function InputMenu({ input: { input_id, name, connected }, onOpen, onClose }: InputMenuProps) {
  return (
    <Menu
      title={name}
      onClose={onClose}
      entries={[
        { icon: 'undo', label: 'As it was at first…', run: () => onOpen({ kind: 'reset', input_id }) },
        {
          icon: 'trash',
          label: 'Forget it…',
          disabled: connected,
          run: () => onOpen({ kind: 'forget', input_id }),
        },
      ]}
    />
  );
}

interface InputCardProps {
  readonly input: Input;
  readonly now: number;
  readonly onOpen: (open: Open) => void;
}

function InputCard({ input, now, onOpen }: InputCardProps) {
  const store = useStore();
  const { input_id, name, kind, connected, enabled, problem, bindings, heard } = input;
  return (
    <li class={`card ${problem === undefined ? '' : 'waits'}`} aria-label={name}>
      <div class="row-text">
        <span class="row-title">{name}</span>
        <span class="row-sub">
          {KIND_WORDS[kind]}
          {connected ? '' : ' · not plugged in'}
        </span>
        {problem !== undefined && (
          <span class="row-line problem">
            <Icon name="warning" size={18} />
            {capital(problem)}
          </span>
        )}
        {heard && (
          <span class={`row-line ${heard.problem === undefined ? '' : 'problem'}`} role="status">
            {`${gestureWords(heard.key, heard.gesture)}, ${ago(heard.at, now)}`}
            {heard.problem === undefined ? '' : `: ${heard.problem}`}
          </span>
        )}
      </div>
      <RoomChoice input={input} />
      <ul class="bindings" aria-label={`Keys of ${name}`}>
        {bindings.map((binding) => (
          <li key={`${binding.key} ${binding.gesture}`}>
            <button type="button" onClick={() => onOpen({ kind: 'key', input_id, key: binding })}>
              <span class="binding-key">{gestureWords(binding.key, binding.gesture)}</span>
              <Deed binding={binding} />
            </button>
          </li>
        ))}
      </ul>
      <div class="card-actions spread">
        <Switch
          label={name}
          value={enabled}
          onInput={(on) => void store.ask('input:set', { input_id, enabled: on })}
        />
        <Button
          label="Teach a key"
          about={name}
          disabled={!connected || problem !== undefined}
          onClick={() => onOpen({ kind: 'learn', input_id })}
        />
        <IconButton
          icon="more"
          label={`More for ${name}`}
          onClick={() => onOpen({ kind: 'menu', input_id })}
        />
      </div>
    </li>
  );
}

function Deed({ binding: { action, playlist_id } }: { binding: Binding }) {
  const playlist = useStore().catalog.playlists.value?.find((one) => one.playlist_id === playlist_id);
  return <span>{playlist ? `Play ${playlist.name}` : ACTION_WORDS[action]}</span>;
}

/** Whose music it drives. */
function RoomChoice({ input: { input_id, name, room_id } }: { input: Input }) {
  const store = useStore();
  const rooms = store.house.rooms.value ?? [];
  const gone = room_id !== undefined && !rooms.some((room) => room.room_id === room_id);
  return (
    <label class="field input-room">
      <span>Room</span>
      <select
        aria-label={`Room of ${name}`}
        value={room_id ?? ''}
        disabled={!store.house.live.value}
        onChange={({ currentTarget: { value } }) =>
          void store.ask('input:set', { input_id, room_id: value === '' ? null : value })
        }
      >
        <option value="">Where this machine plays</option>
        {rooms.map((room) => (
          <option key={room.room_id} value={room.room_id}>
            {room.name}
          </option>
        ))}
        {gone && <option value={room_id}>A room that is gone</option>}
      </select>
    </label>
  );
}
