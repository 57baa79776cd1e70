import { useState } from 'preact/hooks';
import type { Person } from '../../src/protocol/people.js';
import { Button, IconButton } from '../components/buttons.js';
import { Credential } from '../components/credential.js';
import { Choice, Field, SheetForm } from '../components/form.js';
import { Sheet } from '../components/sheet.js';
import { count } from '../state/format.js';
import { ago } from '../state/job-words.js';
import { ROLES } from '../state/people-words.js';
import { useStore } from '../state/store.js';
import { useAnswer, type PartProps } from './asked.js';
import { PersonSheet } from './person-sheet.js';

/** Everybody with an account, for admins. */
export function PersonsPart({ round, next }: PartProps) {
  const people = useAnswer('people:list', {}, round).value?.people;
  const [chosen, setChosen] = useState<string>();
  const [adding, setAdding] = useState(false);
  const person = people?.find(({ user_id }) => user_id === chosen);
  return (
    <>
      <ul class="rows" aria-label="Everybody with an account">
        {people?.map((one) => (
          <PersonRow key={one.user_id} person={one} onMore={() => setChosen(one.user_id)} />
        ))}
      </ul>
      <div class="party-tools">
        <Button icon="plus" kind="primary" label="Add somebody" onClick={() => setAdding(true)} />
      </div>
      {adding && (
        <AddSheet
          onClose={(added) => {
            setAdding(false);
            next();
            setChosen(added);
          }}
        />
      )}
      {person && (
        <PersonSheet person={person} round={round} next={next} onClose={() => setChosen(undefined)} />
      )}
    </>
  );
}

function PersonRow({ person, onMore }: { person: Person; onMore: () => void }) {
  const { name, role, session_count, last_seen_at } = person;
  const seen = last_seen_at === undefined ? 'never here' : ago(last_seen_at, Date.now());
  const places = session_count === 0 ? [] : [count(session_count, 'place').replace(' ', '\u00a0')];
  return (
    <li class="person">
      <span class={`initial ${role === 'admin' ? 'host' : ''}`} aria-hidden="true">
        {[...name][0]?.toUpperCase()}
      </span>
      <span class="row-text">
        <span class="row-title">{name}</span>
        <span class="row-sub">
          {[...(role === 'admin' ? ['Manages Tutti'] : []), seen, ...places].join(' · ')}
        </span>
      </span>
      <IconButton icon="more" label={`More for ${name}`} onClick={onMore} />
    </li>
  );
}

/** With a password, or without one: then a link lets them in, which the next sheet makes. */
function AddSheet({ onClose }: { onClose: (added?: string) => void }) {
  const { client } = useStore();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState<'admin' | 'user'>('user');
  return (
    <Sheet title="Add somebody" onClose={() => onClose()}>
      <SheetForm
        icon="plus"
        submit="Add"
        disabled={name.trim() === ''}
        run={async () => {
          const secret = password === '' ? {} : { password };
          const { user_id } = await client.send('people:add', { name, role, ...secret });
          onClose(password === '' ? user_id : undefined);
          return undefined;
        }}
      >
        <Field label="Name" value={name} onInput={setName} longest={40} required first />
        <Choice legend="Who" options={ROLES} value={role} onInput={setRole} />
        <Credential
          label="Password (or leave it empty and send a link)"
          use="new-password"
          value={password}
          onInput={setPassword}
          shortest={8}
        />
      </SheetForm>
    </Sheet>
  );
}
