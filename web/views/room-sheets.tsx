import { Artwork } from '../components/artwork.js';
import type { IconName } from '../components/icon.js';
import { Menu, type MenuEntry } from '../components/menu.js';
import { Sheet } from '../components/sheet.js';
import type { Room } from '../../src/protocol/room.js';
import { ListenSheet } from '../listen/listen-here.js';
import { membersOf } from '../state/group.js';
import { troubleText } from '../state/outcome-words.js';
import { type RoomSheet, type Store, useStore } from '../state/store.js';
import { AnnounceSheet } from './announce.js';
import { GroupSheet } from './group-sheet.js';
import { ClosePartySheet, InviteSheet, OpenPartySheet, PartyRulesSheet } from './party-sheets.js';
import { LevelsSheet } from './levels.js';
import { RoomSettingsSheet } from './room-settings.js';
import { SleepSheet } from './sleep-sheet.js';

/** The sheets about one room. */
export function OpenRoomSheet({ sheet, onClose }: { sheet: RoomSheet; onClose: () => void }) {
  const { house } = useStore();
  const here = house.room.value;
  // Who came by invitation knows of no other rooms.
  const room = (house.rooms.value ?? (here ? [here] : [])).find(({ room_id }) => room_id === sheet.room_id);
  if (!room) return null;
  switch (sheet.kind) {
    case 'group':
      return <GroupSheet room_id={room.room_id} onClose={onClose} />;
    case 'levels':
      return <LevelsSheet room={room} onClose={onClose} />;
    case 'transfer':
      return <TransferSheet room={room} onClose={onClose} />;
    case 'room-menu':
      return <RoomMenu room={room} onClose={onClose} />;
    case 'room-settings':
      return <RoomSettingsSheet room={room} onClose={onClose} />;
    case 'listen':
      return <ListenSheet roomId={room.room_id} onClose={onClose} />;
    case 'sleep':
      return <SleepSheet room={room} onClose={onClose} />;
    case 'announce':
      return <AnnounceSheet room={room} onClose={onClose} />;
    case 'party-open':
      return <OpenPartySheet room={room} onClose={onClose} />;
    case 'party-rules':
      return <PartyRulesSheet room={room} onClose={onClose} />;
    case 'party-invite':
      return <InviteSheet room={room} onClose={onClose} />;
    case 'party-close':
      return <ClosePartySheet room={room} onClose={onClose} />;
  }
}

function RoomMenu({ room, onClose }: { room: Room; onClose: () => void }) {
  const store = useStore();
  const { room_id, name, player_ids } = room;
  const open = (kind: RoomSheet['kind']) => () => (store.sheet.value = { kind, room_id });
  const entry = (icon: IconName, label: string, run: () => void, disabled = false): MenuEntry => ({
    icon,
    label,
    disabled: disabled || !store.house.live.value,
    run,
  });
  const empty = player_ids.length === 0;
  const here = store.house.roomId.value === room_id;
  const guest = here && store.guest.value;
  const party = room.party !== undefined || (here && store.house.doors.value !== undefined);
  const entries = [
    entry('group', 'Group: who plays here', open('group'), guest),
    entry('volume', 'Listen here', open('listen'), !room.current),
    entry('top', 'Move the music elsewhere', open('transfer'), !room.current || guest),
    party
      ? entry('people', 'Listening party', () => store.router.go({ view: 'party', id: room_id }))
      : entry('people', 'Open for a party', open('party-open'), empty),
    ...(empty
      ? []
      : [
          entry('pulse', 'How well it is in sync', () => store.router.go({ view: 'sync', id: room_id })),
          entry('radio', 'Announce something here', open('announce')),
          entry('moon', 'Sleep timer', open('sleep'), guest),
        ]),
    entry('bell', 'Alarms', () => store.router.go({ view: 'alarms' }), store.invited.value),
    entry('settings', 'Room settings', open('room-settings')),
    ...(empty ? [entry('trash', 'Remove this room and its queue', () => void remove(store, room))] : []),
  ];
  return <Menu title={name} entries={entries} onClose={onClose} />;
}

async function remove(store: Store, { room_id, name }: Room): Promise<void> {
  if (await store.ask('room:remove', { room_id })) store.toasts.show(`Removed ${name}`);
}

/** Where the music is to go on. */
function TransferSheet({ room, onClose }: { room: Room; onClose: () => void }) {
  const store = useStore();
  const { house } = store;
  const targets = (house.rooms.value ?? []).filter(({ room_id }) => room_id !== room.room_id);
  return (
    <Sheet title={`Move ${room.current?.title ?? 'the music'} to`} onClose={onClose}>
      <p class="sheet-about dim">It goes on there at the same place, with the whole queue.</p>
      <ul class="menu">
        {targets.map((target) => (
          <li key={target.room_id}>
            <button
              type="button"
              disabled={!house.live.value || target.player_ids.length === 0}
              onClick={() => {
                onClose();
                void transfer(store, room, target);
              }}
            >
              <Artwork id={target.current?.artwork_id} size={96} icon="rooms" class="thumb" />
              <span class="row-text">
                <span class="row-title">{target.name}</span>
                <span class="row-sub">{whatItReplaces(target)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Sheet>
  );
}

function whatItReplaces({ player_ids, current, state }: Room): string {
  if (player_ids.length === 0) return 'Its players are elsewhere';
  if (!current) return 'Nothing is playing';
  return state === 'playing' ? `Instead of ${current.title}` : `${current.title} waits there`;
}

async function transfer(store: Store, room: Room, target: Room): Promise<void> {
  const { room_id } = room;
  const to_room_id = target.room_id;
  const reply = await store.ask('room:transfer', { room_id, to_room_id });
  if (!reply) return;
  if (store.house.roomId.peek() === room_id) store.house.select(to_room_id);
  const players = membersOf(target, store.house.players.peek());
  const trouble = troubleText('room:transfer', reply.outcomes, players);
  if (trouble !== undefined) store.toasts.show(trouble, { kind: 'warning' });
  else if (target.current)
    store.toasts.show(`Plays on in ${target.name} instead of its queue`, {
      action: { label: 'Undo', run: () => void store.ask('queue:undo', { room_id: to_room_id }) },
    });
  else store.toasts.show(`Plays on in ${target.name}`);
}
