import { computed } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { RoleLimits, Room } from '../../src/protocol/room.js';
import { Button } from '../components/buttons.js';
import { doorOf, isAdmin } from '../state/door.js';
import { limitText, ownText } from '../state/limit-words.js';
import { minuteOfDay } from '../state/limits.js';
import { useStore } from '../state/store.js';
import { Wish } from '../state/wish.js';
import '../styles/pipeline.css';
import { BackHeader } from './collections.js';
import { LimitSlider } from './room-settings.js';

/** How loud anything may be, and for whom: what holds for the person at this phone, and for admins the way to change it. */
export function LimitsView() {
  const store = useStore();
  const admin = isAdmin(store);
  const { room, rooms } = store.house;
  const own = room.value ? [room.value] : [];
  return (
    <section class="view pipeline" aria-label="Volume limits">
      <BackHeader title="Volume limits" />
      <div class="scroller">
        <Own admin={admin} />
        {admin && (
          <ul class="cards" aria-label="Limits of people and programs">
            <RoleCard
              role="user"
              title="People"
              about="Everybody with an account who does not manage Tutti, and the alarms they set"
            />
            <RoleCard
              role="device"
              title="Programs"
              about="Panels, remotes and others with an access token"
            />
          </ul>
        )}
        <h3 class="pipeline-heading">Rooms</h3>
        <ul class="cards" aria-label="Limits of rooms">
          {(store.invited.value ? own : (rooms.value ?? [])).map((each) => (
            <RoomRow key={each.room_id} room={each} admin={admin} />
          ))}
        </ul>
      </div>
    </section>
  );
}

function Own({ admin }: { admin: boolean }) {
  const store = useStore();
  const you = doorOf(store).you.value;
  if (admin)
    return (
      <p class="sheet-about">
        {you
          ? 'Who manages Tutti is held by the limits of rooms alone. What stands louder already others may turn down.'
          : 'Nobody has to sign in here, so nobody is held: limits of people hold once they sign in.'}
      </p>
    );
  const own = ownText(you?.role, store.house.system.value?.role_limits);
  return (
    <p class="sheet-about" role="status">
      {own === undefined
        ? 'You may turn everything as loud as its room may be.'
        : `${own}. Who manages Tutti has set this; what stands louder already you may turn down.`}
    </p>
  );
}

/** One limit of a role, shown as turned the moment it is. */
function useRoleLimit(key: keyof RoleLimits): Wish<number> {
  const { client, controls, house } = useStore();
  const wish = useMemo(
    () =>
      new Wish({
        ...controls,
        actual: computed(() => house.system.value?.role_limits?.[key] ?? 1),
        send: (level) => client.send('house:limits', { [key]: level }),
      }),
    [client, key],
  );
  useEffect(() => () => wish.close(), [wish]);
  return wish;
}

interface RoleCardProps {
  readonly role: 'user' | 'device';
  readonly title: string;
  readonly about: string;
}

function RoleCard({ role, title, about }: RoleCardProps) {
  const always = useRoleLimit(role);
  const quiet = useRoleLimit(`${role}_quiet`);
  const most = always.shown.value;
  return (
    <li class="card">
      <div class="row-text">
        <span class="row-title">{title}</span>
        <span class="row-sub">{about}</span>
      </div>
      <LimitSlider
        label="Never louder than"
        about={title}
        value={most}
        onInput={(level) => always.set(level)}
      />
      <LimitSlider
        label="In quiet hours no louder than"
        about={title}
        value={Math.min(most, quiet.shown.value)}
        limit={most}
        onInput={(level) => quiet.set(level)}
      />
    </li>
  );
}

function RoomRow({ room, admin }: { room: Room; admin: boolean }) {
  const { sheet } = useStore();
  const { room_id, name } = room;
  return (
    <li class="card">
      <div class="row-text">
        <span class="row-title">{name}</span>
        <span class="row-sub">{limitText(room, minuteOfDay()) ?? 'As loud as its players can'}</span>
      </div>
      {admin && (
        <div class="card-actions">
          <Button
            label="Change"
            about={name}
            onClick={() => (sheet.value = { kind: 'room-settings', room_id })}
          />
        </div>
      )}
    </li>
  );
}
