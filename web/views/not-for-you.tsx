import { Button } from '../components/buttons.js';
import { doorOf } from '../state/door.js';
import { hrefOf, type Route } from '../state/route.js';
import { useStore } from '../state/store.js';
import { BackHeader } from './collections.js';

/** In place of what is for who manages Tutti; nothing until it is known who is at this phone. */
export function OnlyAdmins() {
  const store = useStore();
  const you = doorOf(store).you.value;
  void store.house.connection.value;
  if (!you && !store.client.hello) return null;
  return (
    <div class="empty">
      <p>This is for who manages Tutti.</p>
      {you && <ComeIn />}
    </div>
  );
}

/** What is no guest's: addresses of these views can be typed, or come from somebody who lives here. */
const OF_THE_HOUSE: readonly Route['view'][] = [
  'rooms',
  'alarms',
  'music',
  'downloads',
  'imports',
  'review',
  'exports',
  'feeds',
  'schedules',
  'targets',
  'trash',
  'backups',
  'inputs',
  'house-settings',
  'doctor',
  'activity',
  'problems',
];

export const isForHouse = ({ view }: Route): boolean => OF_THE_HOUSE.includes(view);

/** In place of all that, for who came by invitation. */
export function NotForGuests() {
  const { house } = useStore();
  const room = house.room.value;
  return (
    <section class="view" aria-label="For the house">
      <BackHeader title="For the house" />
      <div class="scroller">
        <div class="empty">
          <p>
            This is for who lives here, and you are a guest{room && ` in ${room.name}`}. The party and all the
            music are yours to look through.
          </p>
          {room && (
            <a class="button primary" href={hrefOf({ view: 'party', id: room.room_id })}>
              <span>To the party</span>
            </a>
          )}
          <p>Do you live here?</p>
          <ComeIn />
        </div>
      </div>
    </section>
  );
}

/** To the sign-in page; who is signed in now stays so until somebody else is. */
export function ComeIn() {
  const door = doorOf(useStore());
  return <Button label="Sign in with an account" onClick={() => (door.asked.value = true)} />;
}
