import { computed } from '@preact/signals';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Artwork } from '../components/artwork.js';
import { Button, IconButton } from '../components/buttons.js';
import { Icon } from '../components/icon.js';
import type { Player } from '../../src/protocol/player.js';
import type { PartySummary } from '../../src/protocol/party.js';
import type { Room } from '../../src/protocol/room.js';
import { membersOf } from '../state/group.js';
import { kindText } from '../state/kinds.js';
import { limitText } from '../state/limit-words.js';
import { minuteOfDay } from '../state/limits.js';
import { membershipOf } from '../state/membership.js';
import { foreignText, hasVolume } from '../state/notice.js';
import { hrefOf } from '../state/route.js';
import { RoomControl } from '../state/room-control.js';
import { useStore } from '../state/store.js';
import { Levels } from './levels.js';
import type { Load } from './board-drag.js';
import { VolumeBar } from './volume-bar.js';

interface RoomCardProps {
  readonly room: Room;
  /** Something would be dropped here. */
  readonly over: boolean;
  /** Something from here is dragged. */
  readonly from: boolean;
  readonly source: (load: Load) => object;
}

/** A room: what plays there, who plays there, and its knobs. */
export function RoomCard({ room, over, from, source }: RoomCardProps) {
  const { controls, house, sheet } = useStore();
  const { room_id, name } = room;
  const [levels, setLevels] = useState(false);
  const control = useMemo(() => {
    const now = computed(() => house.rooms.value?.find((other) => other.room_id === room_id));
    return new RoomControl(controls, () => room_id, now);
  }, [room_id]);
  useEffect(() => () => control.close(), [control]);
  const members = membersOf(room, house.players.value);
  const rules = limitText(room, minuteOfDay());
  const several = members.length > 1;
  const classes = ['room-card', house.roomId.value === room_id && 'selected', over && 'over', from && 'from'];
  return (
    <li class={classes.filter(Boolean).join(' ')} data-room={room_id}>
      <CardTop room={room} control={control} source={source} />
      {room.party && <PartyLine id={room_id} party={room.party} />}
      <div class="members">
        <ul class="chips" aria-label={`Players in ${name}`}>
          {members.map((player) => (
            <Chip key={player.player_id} player={player} room={room} source={source} />
          ))}
          <li>
            <GroupChip room={room} />
          </li>
        </ul>
        <IconButton
          icon="more"
          label={`More for ${name}`}
          onClick={() => (sheet.value = { kind: 'room-menu', room_id })}
        />
      </div>
      <Troubles members={members} roomName={name} />
      <VolumeBar
        control={control}
        name={name}
        fixed={!hasVolume(members)}
        roomId={room_id}
        expanded={{ value: levels, toggle: () => setLevels(!levels) }}
      />
      {several && levels && <Levels room={room} />}
      {rules !== undefined && !(several && levels) && <p class="rules">{rules}</p>}
    </li>
  );
}

interface CardTopProps {
  readonly room: Room;
  readonly control: RoomControl;
  readonly source: (load: Load) => object;
}

function CardTop({ room, control, source }: CardTopProps) {
  const store = useStore();
  const { room_id, name, player_ids } = room;
  const playing = control.playing.shown.value;
  return (
    <div class="room-top">
      <button
        type="button"
        class="room-choose"
        aria-pressed={store.house.roomId.value === room_id}
        {...source({ from: room_id, player_ids, text: name })}
        onClick={() => {
          store.house.select(room_id);
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
        disabled={(!playing && !room.current) || (store.guest.value && store.house.roomId.value === room_id)}
        onClick={() => control.playing.set(!playing)}
      />
    </div>
  );
}

/** A public party is on: everybody may come. */
function PartyLine({ id, party }: { id: string; party: PartySummary }) {
  const { host, participant_count, max_participants, description } = party;
  return (
    <a class="party-line" href={hrefOf({ view: 'party', id })}>
      <Icon name="people" size={20} />
      <span>
        {host}’s party · {participant_count} of {max_participants}
        {description !== '' && ` · ${description}`}
      </span>
    </a>
  );
}

function whatPlays(room: Room): string {
  const { current, state } = room;
  if (!current) return 'Nothing is playing';
  const what = [current.title, current.artist].filter(Boolean).join(' · ');
  return state === 'paused' ? `Paused · ${what}` : state === 'stopped' ? `Stopped · ${what}` : what;
}

interface ChipProps {
  readonly player: Player;
  readonly room: Room;
  readonly source: (load: Load) => object;
}

function Chip({ player, room, source }: ChipProps) {
  const store = useStore();
  const { player_id, name, link } = player;
  const pending = membershipOf(store).pending(player_id);
  return (
    <li>
      <button
        type="button"
        class={`chip ${link} ${pending ? 'pending' : ''}`}
        aria-label={`${name}: details and outputs`}
        {...source({ from: room.room_id, player_ids: [player_id], text: name })}
        onClick={() => (store.sheet.value = { kind: 'player', player_id })}
      >
        <span class="dot" aria-hidden="true" />
        <span>{name === room.name && room.player_ids.length === 1 ? kindText(player.kind) : name}</span>
      </button>
    </li>
  );
}

function GroupChip({ room }: { room: Room }) {
  const store = useStore();
  const { room_id, name } = room;
  return (
    <button
      type="button"
      class="chip group"
      aria-label={`Group: who plays in ${name}`}
      disabled={!store.house.live.value || (store.guest.value && store.house.roomId.value === room_id)}
      onClick={() => (store.sheet.value = { kind: 'group', room_id })}
    >
      <Icon name="group" size={20} />
      <span>Group</span>
    </button>
  );
}

const LINK_TEXT = { connecting: 'is connecting…', offline: 'is offline' } as const;

/** What is wrong with members, and the way to put it right. */
function Troubles({ members, roomName }: { members: readonly Player[]; roomName: string }) {
  const store = useStore();
  return (
    <>
      {members.map(({ link, name, problem, player_id }) =>
        link === 'online' ? null : (
          <p key={player_id} class="trouble">
            {[members.length === 1 && name === roomName ? 'It' : name, LINK_TEXT[link]].join(' ')}
            {problem === undefined ? '' : `: ${problem}`}
          </p>
        ),
      )}
      {members.map((player) =>
        player.controlled_elsewhere ? (
          <div key={player.player_id} class="trouble-action">
            <p class="trouble">{foreignText(player)}</p>
            <Button
              kind="primary"
              label="Take over"
              onClick={() => void store.ask('room:take-over', { room_id: player.room_id })}
            />
          </div>
        ) : null,
      )}
    </>
  );
}
