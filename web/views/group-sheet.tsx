import { useEffect } from 'preact/hooks';
import { Button } from '../components/buttons.js';
import { Icon } from '../components/icon.js';
import { Sheet } from '../components/sheet.js';
import type { Player } from '../../src/protocol/player.js';
import type { Room } from '../../src/protocol/room.js';
import { membersOf } from '../state/group.js';
import { membershipOf } from '../state/membership.js';
import { obstacle, TIGHTNESS } from '../state/outcome-words.js';
import { useStore } from '../state/store.js';
import { loosestOf } from '../state/sync-badge.js';

/** Which players play in a room: each a big toggle, with how tight it will be before it is tapped and what came of it after. */
export function GroupSheet({ room_id, onClose }: { room_id: string; onClose: () => void }) {
  const store = useStore();
  const { house } = store;
  const membership = membershipOf(store);
  useEffect(() => () => membership.forget(), []);
  const room = membership.rooms.value.find((one) => one.room_id === room_id);
  if (!room) return null;
  const players = house.players.value ?? [];
  const members = membersOf(room, players);
  const others = players.filter(({ player_id }) => !room.player_ids.includes(player_id));
  const free = others.filter(({ controlled_elsewhere }) => !controlled_elsewhere);
  const own = ownPlayer(room, members);
  return (
    <Sheet title={`Playing in ${room.name}`} onClose={onClose}>
      <p class="sheet-about dim" role="status">
        {summary(members)}
      </p>
      <ul class="toggles">
        {inOrder(players, room).map((player) => (
          <Toggle key={player.player_id} player={player} room={room} />
        ))}
      </ul>
      <div class="play-buttons pair">
        <Button
          icon="group"
          label="Play everywhere"
          disabled={free.length === 0}
          onClick={() =>
            void membership.group(
              room_id,
              free.map(({ player_id }) => player_id),
            )
          }
        />
        <Button
          icon="rooms"
          label={own ? `Only ${own.name}` : 'Only here'}
          disabled={!own || members.length < 2}
          onClick={() =>
            void membership.ungroup(
              room_id,
              room.player_ids.filter((id) => id !== own?.player_id),
            )
          }
        />
        <Button
          icon="top"
          label="Move the music elsewhere"
          disabled={!room.current}
          onClick={() => (store.sheet.value = { kind: 'transfer', room_id })}
        />
      </div>
    </Sheet>
  );
}

/** The one that stays when the others go: the one whose own room this is. */
function ownPlayer(room: Room, members: readonly Player[]): Player | undefined {
  return members.find(({ home_room_id }) => home_room_id === undefined) ?? members[0];
}

/** Always in the same places: whose own room this is first, then by name. A toggle does not jump away from the finger. */
function inOrder(players: readonly Player[], room: Room): Player[] {
  const own = (player: Player): boolean => (player.home_room_id ?? player.room_id) === room.room_id;
  return [...players].sort(
    (one, other) => Number(own(other)) - Number(own(one)) || one.name.localeCompare(other.name),
  );
}

function summary(members: readonly Player[]): string {
  if (members.length < 2) return 'Tap the players that are to play together.';
  const loosest = loosestOf(members);
  const names = members.filter(({ sync_class }) => sync_class === loosest).map(({ name }) => name);
  const which = names.length === members.length ? 'All of them' : names.join(', ');
  return `Together as tight as the loosest. ${which}: ${TIGHTNESS[loosest ?? 'loose'].toLowerCase()}.`;
}

function Toggle({ player, room }: { player: Player; room: Room }) {
  const store = useStore();
  const membership = membershipOf(store);
  const { player_id, name, link } = player;
  const on = room.player_ids.includes(player_id);
  const alone = on && room.player_ids.length === 1;
  const pending = membership.pending(player_id);
  const said = membership.said(player_id);
  const hindrance = obstacle(player);
  const place = whereElse(store.house.rooms.value ?? [], player, room.room_id);
  return (
    <li>
      <button
        type="button"
        role="switch"
        aria-checked={on}
        aria-disabled={alone}
        class={`toggle ${on ? 'on' : ''} ${pending ? 'pending' : ''} ${link}`}
        disabled={!store.house.live.value}
        onClick={() => {
          if (alone) return;
          void (on
            ? membership.ungroup(room.room_id, [player_id])
            : membership.group(room.room_id, [player_id]));
        }}
      >
        <span class="tick" aria-hidden="true">
          {on && <Icon name="check" size={22} />}
        </span>
        <span class="row-text">
          <span class="row-title">{name}</span>
          <span class="toggle-sub">{TIGHTNESS[player.sync_class]}</span>
          {hindrance !== undefined && <span class="toggle-sub problem">{hindrance}</span>}
          {place !== undefined && <span class="toggle-sub">{place}</span>}
        </span>
      </button>
      <p class={`said ${said?.problem ? 'problem' : ''}`} role="status">
        {said?.text}
      </p>
    </li>
  );
}

/** What a player leaves when it joins. */
function whereElse(rooms: readonly Room[], player: Player, roomId: string): string | undefined {
  const room = rooms.find(({ room_id }) => room_id === player.room_id);
  if (!room || room.room_id === roomId) return undefined;
  const others = room.player_ids.length - 1;
  if (others > 0) return `Plays in ${room.name} now; the ${others === 1 ? 'other plays' : 'others play'} on`;
  return room.state === 'playing' ? `Plays something else now: its queue waits` : undefined;
}
