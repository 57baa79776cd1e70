import { IconButton } from '../components/buttons.js';
import { Icon } from '../components/icon.js';
import type { Player } from '../../src/protocol/player.js';
import type { Room } from '../../src/protocol/room.js';
import { membershipOf } from '../state/membership.js';
import { troubleText } from '../state/outcome-words.js';
import { type Store, useStore } from '../state/store.js';
import { ALONE, useBoardDrag, type BoardDrag, type Load } from './board-drag.js';
import { RoomCard } from './room-card.js';

/** Every room with who plays there. Players are dragged, or tapped, from one to another. */
export function RoomsView() {
  const store = useStore();
  const { rooms, players } = store.house;
  const membership = membershipOf(store);
  const known = players.value ?? [];
  const { drag, source } = useBoardDrag(
    (load, onto) => void dropped(store, load, onto),
    ({ from }) => (store.sheet.value = { kind: 'group', room_id: from }),
  );
  const shared = membership.rooms.value.find(({ room_id }) => room_id === drag?.load.from);
  const shown = rooms.value === undefined ? [] : membership.rooms.value;
  const empty = shown.filter((room) => room.player_ids.length === 0);
  return (
    <section class="view" aria-label="Rooms">
      <header class="view-header">
        <div>
          <h2>Rooms</h2>
          <p>Tap to control, drag to play together</p>
        </div>
        <div class="header-actions">
          <IconButton
            icon="plus"
            label="Add a player"
            onClick={() => (store.sheet.value = { kind: 'add-player' })}
          />
        </div>
      </header>
      <div class={`scroller board ${drag ? 'dragging' : ''}`}>
        <ul class="rooms">
          {shown
            .filter((room) => room.player_ids.length > 0)
            .map((room) => (
              <RoomCard
                key={room.room_id}
                room={room}
                over={drag?.over === room.room_id}
                from={drag?.load.from === room.room_id}
                source={source}
              />
            ))}
        </ul>
        {empty.length > 0 && (
          <ul class="empty-rooms" aria-label="Rooms without players">
            {empty.map((room) => (
              <EmptyRoom key={room.room_id} room={room} players={known} over={drag?.over === room.room_id} />
            ))}
          </ul>
        )}
      </div>
      {drag && (
        <DragLayer drag={drag} alone={(shared?.player_ids.length ?? 0) > drag.load.player_ids.length} />
      )}
    </section>
  );
}

async function dropped(store: Store, load: Load, onto: string): Promise<void> {
  const membership = membershipOf(store);
  const { players, rooms } = store.house;
  const type = onto === ALONE ? 'room:ungroup' : 'room:group';
  const outcomes =
    onto === ALONE
      ? await membership.ungroup(load.from, load.player_ids)
      : await membership.group(onto, load.player_ids);
  const trouble = troubleText(type, outcomes, players.peek() ?? []);
  if (trouble !== undefined) return store.toasts.show(trouble, { kind: 'warning' });
  if (outcomes.length === 0) return;
  const name = rooms.peek()?.find(({ room_id }) => room_id === onto)?.name;
  store.toasts.show(name === undefined ? `${load.text} plays alone` : `${load.text} plays in ${name}`);
}

/** What follows the finger, and where it can be dropped to play alone. */
function DragLayer({ drag, alone }: { drag: BoardDrag; alone: boolean }) {
  return (
    <div class="drag-layer" aria-hidden="true">
      {alone && (
        <div class={`drop-alone ${drag.over === ALONE ? 'over' : ''}`} data-room={ALONE}>
          Drop here to play alone
        </div>
      )}
      <div
        class="ghost"
        ref={(element) => element?.style.setProperty('transform', `translate(${drag.x}px, ${drag.y}px)`)}
      >
        <span>{drag.load.text}</span>
      </div>
    </div>
  );
}

interface EmptyRoomProps {
  readonly room: Room;
  readonly players: readonly Player[];
  readonly over: boolean;
}

/** A room whose players are elsewhere: its queue waits for them. */
function EmptyRoom({ room, players, over }: EmptyRoomProps) {
  const store = useStore();
  const { room_id, name } = room;
  const own = players.filter(({ home_room_id }) => home_room_id === room_id);
  const places = [...new Set(own.map((player) => player.room_id))];
  const text = places
    .map((id) => store.house.rooms.value?.find((other) => other.room_id === id)?.name)
    .filter((place) => place !== undefined)
    .join(' and ');
  const back = (): void => {
    for (const place of places) {
      const ids = own.filter((player) => player.room_id === place).map(({ player_id }) => player_id);
      void membershipOf(store).ungroup(place, ids);
    }
  };
  return (
    <li class={`empty-room ${over ? 'over' : ''}`} data-room={room_id}>
      <span class="row-text">
        <span class="row-title">{name}</span>
        <span class="row-sub">
          {own.length === 0
            ? 'It has no players'
            : `${own.length === 1 ? 'Its player is' : 'Its players are'} in ${text}`}
        </span>
      </span>
      {own.length > 0 && (
        <button
          type="button"
          class="button plain small"
          aria-label={`Bring the players of ${name} back`}
          disabled={!store.house.live.value}
          onClick={back}
        >
          <Icon name="undo" size={20} />
          <span>Back</span>
        </button>
      )}
      <IconButton
        icon="more"
        label={`More for ${name}`}
        onClick={() => (store.sheet.value = { kind: 'room-menu', room_id })}
      />
    </li>
  );
}
