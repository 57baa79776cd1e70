import { computed } from '@preact/signals';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Artwork } from '../components/artwork.js';
import { Button, IconButton } from '../components/buttons.js';
import { Icon } from '../components/icon.js';
import { Sheet } from '../components/sheet.js';
import type { Player } from '../../src/protocol/player.js';
import type { Room } from '../../src/protocol/room.js';
import { kindText } from '../state/kinds.js';
import { foreignText, hasVolume } from '../state/notice.js';
import { RoomControl } from '../state/room-control.js';
import { useStore } from '../state/store.js';
import { VolumeBar } from './volume-bar.js';

/** Every room: what plays there, and its knobs. */
export function RoomsView() {
  const store = useStore();
  const { rooms, players } = store.house;
  return (
    <section class="view" aria-label="Rooms">
      <header class="view-header">
        <div>
          <h2>Rooms</h2>
          <p>Tap a room to control it</p>
        </div>
        <div class="header-actions">
          <IconButton
            icon="plus"
            label="Add a player"
            onClick={() => (store.sheet.value = { kind: 'add-player' })}
          />
        </div>
      </header>
      <div class="scroller">
        <ul class="rooms">
          {(rooms.value ?? []).map((room) => (
            <RoomCard
              key={room.room_id}
              room={room}
              players={(players.value ?? []).filter((player) => player.room_id === room.room_id)}
            />
          ))}
        </ul>
      </div>
    </section>
  );
}

function RoomCard({ room, players }: { room: Room; players: readonly Player[] }) {
  const store = useStore();
  const { house } = store;
  const { room_id, name } = room;
  const [details, setDetails] = useState<string>();
  const control = useMemo(() => {
    const now = computed(() => house.rooms.value?.find((other) => other.room_id === room_id));
    return new RoomControl(store.controls, () => room_id, now);
  }, [room_id]);
  useEffect(() => () => control.close(), [control]);
  const playing = control.playing.shown.value;
  const selected = house.roomId.value === room_id;
  const detailed = players.find((player) => player.player_id === details);
  return (
    <li class={`room-card ${selected ? 'selected' : ''}`}>
      <div class="room-top">
        <button
          type="button"
          class="room-choose"
          aria-pressed={selected}
          onClick={() => {
            house.select(room_id);
            store.router.go({ view: 'playing' });
          }}
        >
          <Artwork id={room.current?.artwork_id} size={96} icon="rooms" class="thumb large" />
          <span class="row-text">
            <span class="room-name">{name}</span>
            <span class="row-sub">{whatPlays(room)}</span>
          </span>
        </button>
        <IconButton
          icon={playing ? 'pause' : 'play'}
          label={playing ? `Pause ${name}` : `Play in ${name}`}
          class="round"
          size={28}
          disabled={!playing && !room.current}
          onClick={() => control.playing.set(!playing)}
        />
      </div>
      <VolumeBar control={control} name={name} fixed={!hasVolume(players)} />
      <ul class="players">
        {players.map((player) => (
          <PlayerRow
            key={player.player_id}
            player={player}
            roomName={name}
            onMore={() => setDetails(player.player_id)}
          />
        ))}
      </ul>
      {detailed && <PlayerSheet player={detailed} roomName={name} onClose={() => setDetails(undefined)} />}
    </li>
  );
}

function whatPlays(room: Room): string {
  const { current, state } = room;
  if (!current) return 'Nothing is playing';
  const what = [current.title, current.artist].filter(Boolean).join(' · ');
  return state === 'paused' ? `Paused · ${what}` : state === 'stopped' ? `Stopped · ${what}` : what;
}

const LINK_TEXT = { online: 'Connected', connecting: 'Connecting…', offline: 'Offline' } as const;

interface PlayerRowProps {
  readonly player: Player;
  readonly roomName: string;
  readonly onMore: () => void;
}

function PlayerRow({ player, roomName, onMore }: PlayerRowProps) {
  const store = useStore();
  return (
    <li class={`player ${player.link}`}>
      <button
        type="button"
        class="player-main"
        onClick={onMore}
        aria-label={`${player.name}: details and outputs`}
      >
        <span class="dot" aria-hidden="true" />
        <span class="row-text">
          <span class="row-sub">
            {player.name === roomName ? kindText(player.kind) : player.name} · {LINK_TEXT[player.link]}
          </span>
          {player.problem !== undefined && <span class="row-sub problem">{player.problem}</span>}
          {player.controlled_elsewhere && <span class="row-sub problem">{foreignText(player)}</span>}
        </span>
        <Icon name="settings" size={20} />
      </button>
      {player.controlled_elsewhere && (
        <Button
          kind="primary"
          label="Take over"
          onClick={() => void store.ask('room:take-over', { room_id: player.room_id })}
        />
      )}
    </li>
  );
}

const SYNC_TEXT = {
  locked: 'plays to the sample with others',
  steered: 'keeps in step with others',
  nudged: 'starts together with others',
  loose: 'plays for itself',
} as const;

interface PlayerSheetProps {
  readonly player: Player;
  readonly roomName: string;
  readonly onClose: () => void;
}

function PlayerSheet({ player, roomName, onClose }: PlayerSheetProps) {
  const store = useStore();
  const rename = (what: 'room' | 'player', id: string, name: string): void => {
    onClose();
    store.sheet.value = { kind: 'rename', what, id, name };
  };
  return (
    <Sheet title={player.name} onClose={onClose}>
      <dl class="facts">
        <dt>Kind</dt>
        <dd>{[kindText(player.kind), player.version].filter(Boolean).join(' ')}</dd>
        <dt>Address</dt>
        <dd>{player.address}</dd>
        <dt>Connection</dt>
        <dd>{[LINK_TEXT[player.link], player.problem].filter(Boolean).join(': ')}</dd>
        <dt>Together</dt>
        <dd>{SYNC_TEXT[player.sync_class]}</dd>
      </dl>
      {player.outputs.length > 0 && (
        <fieldset class="outputs">
          <legend>Outputs</legend>
          {player.outputs.map((output) => (
            <label key={output.output_id}>
              <input
                type="checkbox"
                checked={output.active}
                disabled={!store.house.live.value}
                onChange={(event) => {
                  const { player_id } = player;
                  const { output_id } = output;
                  const active = event.currentTarget.checked;
                  void store.ask('player:output', { player_id, output_id, active });
                }}
              />
              <span>{output.name}</span>
            </label>
          ))}
        </fieldset>
      )}
      <div class="play-buttons pair">
        <Button icon="edit" label="Rename room" onClick={() => rename('room', player.room_id, roomName)} />
        <Button
          icon="edit"
          label="Rename player"
          onClick={() => rename('player', player.player_id, player.name)}
        />
        {player.origin === 'added' && (
          <Button
            icon="trash"
            label="Forget this player"
            onClick={() => {
              onClose();
              void store.ask('player:remove', { player_id: player.player_id });
            }}
          />
        )}
      </div>
    </Sheet>
  );
}
