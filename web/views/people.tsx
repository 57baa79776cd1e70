import { useState } from 'preact/hooks';
import { doorOf } from '../state/door.js';
import { useStore } from '../state/store.js';
import '../styles/people.css';
import { YouPart } from './account.js';
import { usePeopleRounds } from './asked.js';
import { BackHeader } from './collections.js';
import { GuestsPart } from './guests.js';
import { ComeIn } from './not-for-you.js';
import { PersonsPart } from './persons.js';
import { ProgramsPart } from './programs.js';

const PARTS = { You: YouPart, People: PersonsPart, Guests: GuestsPart, Programs: ProgramsPart } as const;
type PartName = keyof typeof PARTS;
const FOR_ADMINS: readonly PartName[] = ['You', 'People', 'Guests', 'Programs'];
const FOR_USERS: readonly PartName[] = ['You', 'Guests'];

/** Who may come in: oneself, and for admins everybody else. */
export function PeopleView() {
  const store = useStore();
  const you = doorOf(store).you.value;
  const [name, setName] = useState<PartName>('You');
  const [round, next] = usePeopleRounds();
  const names = you?.role === 'admin' ? FOR_ADMINS : FOR_USERS;
  const Part = PARTS[names.includes(name) ? name : 'You'];
  return (
    <section class="view people" aria-label="People">
      <BackHeader title="People" />
      {!you || you.role === 'guest' ? (
        <div class="empty">
          <p>
            {you
              ? 'Guests have no account here.'
              : 'Nobody has to sign in here: everybody may do everything.'}
          </p>
          {you && <ComeIn />}
        </div>
      ) : (
        <>
          <div class="party-parts" role="group" aria-label="Parts of this page">
            {names.map((each) => (
              <button key={each} type="button" aria-pressed={each === name} onClick={() => setName(each)}>
                {each}
              </button>
            ))}
          </div>
          <div class="scroller">
            <Part round={round} next={next} />
          </div>
        </>
      )}
    </section>
  );
}
