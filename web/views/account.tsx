import { useState } from 'preact/hooks';
import { Button } from '../components/buttons.js';
import { Credential } from '../components/credential.js';
import { Field, SheetForm } from '../components/form.js';
import { Sheet } from '../components/sheet.js';
import { doorOf } from '../state/door.js';
import { ROLE_WORDS } from '../state/people-words.js';
import { signOut } from '../state/sign-in.js';
import { useStore } from '../state/store.js';
import { useAnswer, type PartProps } from './asked.js';
import { SessionList } from './session-list.js';

/** The own name, password and sessions. */
export function YouPart({ round, next }: PartProps) {
  const store = useStore();
  const door = doorOf(store);
  const me = useAnswer('people:me', {}, round).value;
  const sessions = useAnswer('session:list', {}, round).value?.sessions;
  const [open, setOpen] = useState<'name' | 'password'>();
  const close = (): void => {
    setOpen(undefined);
    next();
  };
  if (!me) return null;
  const { name = '', role, has_password = false } = me;
  return (
    <>
      <div class="you">
        <span class="initial host" aria-hidden="true">
          {[...name][0]?.toUpperCase()}
        </span>
        <div class="row-text">
          <p class="you-name">{name}</p>
          <p class="dim">{ROLE_WORDS[role]}</p>
        </div>
      </div>
      <div class="party-tools">
        <Button icon="edit" label="Change name" onClick={() => setOpen('name')} />
        <Button
          icon="settings"
          label={has_password ? 'Change password' : 'Choose a password'}
          onClick={() => setOpen('password')}
        />
        <Button
          icon="back"
          label="Sign out"
          onClick={() => void signOut(door).catch((error: unknown) => store.fail(error))}
        />
      </div>
      <h3 class="party-heading">Where you are signed in</h3>
      {sessions && <SessionList label="Where you are signed in" sessions={sessions} next={next} />}
      {open === 'name' && <NameSheet name={name} onClose={close} />}
      {open === 'password' && <PasswordSheet name={name} old={has_password} onClose={close} />}
    </>
  );
}

function NameSheet({ name: before, onClose }: { name: string; onClose: () => void }) {
  const { client } = useStore();
  const [name, setName] = useState(before);
  return (
    <Sheet title="Your name" onClose={onClose}>
      <SheetForm
        icon="check"
        submit="Save"
        disabled={name.trim() === ''}
        run={async () => {
          await client.send('people:account', { name });
          onClose();
          return undefined;
        }}
      >
        <Field label="Name" value={name} onInput={setName} longest={40} required first />
      </SheetForm>
    </Sheet>
  );
}

interface PasswordSheetProps {
  readonly name: string;
  /** There is one that has to be shown first. */
  readonly old: boolean;
  readonly onClose: () => void;
}

function PasswordSheet({ name, old, onClose }: PasswordSheetProps) {
  const { client, toasts } = useStore();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  return (
    <Sheet title="Your password" onClose={onClose}>
      <SheetForm
        icon="check"
        submit="Save"
        disabled={password.length < 8}
        run={async () => {
          await client.send('people:account', {
            password,
            ...(old ? { current_password: current } : {}),
          });
          onClose();
          toasts.show('The password is changed', { kind: 'success' });
          return undefined;
        }}
      >
        <input type="text" hidden readOnly name="username" autocomplete="username" value={name} />
        {old && (
          <Credential
            label="The password you have"
            use="current-password"
            value={current}
            onInput={setCurrent}
            required
            first
          />
        )}
        <Credential
          label="New password (8 characters or more)"
          use="new-password"
          value={password}
          onInput={setPassword}
          shortest={8}
          required
          first={!old}
        />
        <p class="sheet-about dim">Everywhere else you are signed out then.</p>
      </SheetForm>
    </Sheet>
  );
}
