import { useState } from 'preact/hooks';
import type { Person } from '../../src/protocol/people.js';
import { Button } from '../components/buttons.js';
import { Credential } from '../components/credential.js';
import { Choice, Field, SheetForm } from '../components/form.js';
import { Icon, type IconName } from '../components/icon.js';
import { CopyLine, LocalNote, QrCode } from '../components/share.js';
import { Sheet } from '../components/sheet.js';
import { linkAt } from '../state/party-link.js';
import { until, ROLES } from '../state/people-words.js';
import { useStore } from '../state/store.js';
import { useAnswer } from './asked.js';
import { SessionList } from './session-list.js';

interface PersonSheetProps {
  readonly person: Person;
  readonly round: number;
  readonly next: () => void;
  readonly onClose: () => void;
}

type Step = 'menu' | 'name' | 'password' | 'link' | 'places' | 'remove';

const TITLES: Readonly<Record<Exclude<Step, 'menu'>, (name: string) => string>> = {
  name: (name) => `${name}: name and role`,
  password: (name) => `A new password for ${name}`,
  link: (name) => `A link for ${name}`,
  places: (name) => `Where ${name} is signed in`,
  remove: (name) => `Remove ${name}?`,
};

/** All that can be done about somebody with an account. */
export function PersonSheet(props: PersonSheetProps) {
  const { person, next, onClose } = props;
  const [step, setStep] = useState<Step>('menu');
  const done = (): void => {
    next();
    onClose();
  };
  const title = step === 'menu' ? person.name : TITLES[step](person.name);
  return (
    <Sheet key={step} title={title} onClose={onClose}>
      {step === 'menu' && <Steps person={person} onStep={setStep} />}
      {step === 'name' && <NameStep person={person} done={done} />}
      {step === 'password' && <PasswordStep person={person} done={done} />}
      {step === 'link' && <LinkStep person={person} />}
      {step === 'places' && <PlacesStep {...props} />}
      {step === 'remove' && <RemoveStep person={person} done={done} onKeep={onClose} />}
    </Sheet>
  );
}

function Steps({ person, onStep }: { person: Person; onStep: (step: Step) => void }) {
  const live = useStore().house.live.value;
  const steps: readonly [step: Step, icon: IconName, label: string][] = [
    ['link', 'share', 'A link to sign in'],
    ['places', 'rooms', `Where ${person.name} is signed in`],
    ['name', 'edit', 'Name and role'],
    ['password', 'settings', 'New password'],
    ['remove', 'trash', 'Remove'],
  ];
  return (
    <ul class="menu">
      {steps.map(([step, icon, label]) => (
        <li key={step}>
          <button type="button" disabled={!live} onClick={() => onStep(step)}>
            <Icon name={icon} />
            {label}
          </button>
        </li>
      ))}
    </ul>
  );
}

interface StepProps {
  readonly person: Person;
  readonly done: () => void;
}

function NameStep({ person, done }: StepProps) {
  const { client } = useStore();
  const [name, setName] = useState(person.name);
  const [role, setRole] = useState(person.role);
  return (
    <SheetForm
      icon="check"
      submit="Save"
      disabled={name.trim() === ''}
      run={async () => {
        const { user_id } = person;
        await client.send('people:update', {
          user_id,
          ...(name === person.name ? {} : { name }),
          ...(role === person.role ? {} : { role }),
        });
        done();
        return undefined;
      }}
    >
      <Field label="Name" value={name} onInput={setName} longest={40} required first />
      <Choice legend="Who" options={ROLES} value={role} onInput={setRole} />
    </SheetForm>
  );
}

function PasswordStep({ person: { user_id, name }, done }: StepProps) {
  const { client, toasts } = useStore();
  const [password, setPassword] = useState('');
  return (
    <SheetForm
      icon="check"
      submit="Save"
      disabled={password.length < 8}
      run={async () => {
        await client.send('people:update', { user_id, password });
        toasts.show(`${name} has another password`, { kind: 'success' });
        done();
        return undefined;
      }}
    >
      <Credential
        label="New password (8 characters or more)"
        use="new-password"
        value={password}
        onInput={setPassword}
        shortest={8}
        required
        first
      />
      <p class="sheet-about dim">{name} is signed out everywhere then.</p>
    </SheetForm>
  );
}

/** Made when it is asked for: an earlier link of the same person is worth nothing then. */
function LinkStep({ person: { user_id, name } }: { person: Person }) {
  const { client } = useStore();
  const [made, setMade] = useState<{ readonly path: string; readonly expires_at: string }>();
  if (!made)
    return (
      <SheetForm
        icon="share"
        submit="Make the link"
        run={async () => {
          setMade(await client.send('people:link', { user_id }));
          return undefined;
        }}
      >
        <p class="sheet-about">
          It signs {name} in once and within an hour, and lets them choose a new password. Whoever has it
          comes in as {name}.
        </p>
      </SheetForm>
    );
  const { url, local } = linkAt(location.href, made.path);
  return (
    <>
      <p class="sheet-about dim">{`Good once. Ends ${until(made.expires_at, Date.now())}.`}</p>
      {local ? <LocalNote /> : <QrCode text={url} />}
      <CopyLine
        label={local ? 'Link, for this machine only' : 'Link'}
        text={url}
        share={local ? undefined : { title: 'Tutti', text: `Sign in to Tutti as ${name}` }}
      />
    </>
  );
}

function PlacesStep({ person: { user_id, name }, round, next }: PersonSheetProps) {
  const store = useStore();
  const answer = useAnswer('session:list', { everybody: true }, round).value;
  const sessions = answer?.sessions.filter((session) => session.user_id === user_id);
  if (sessions?.length === 0) return <p class="sheet-about dim">{name} is signed in nowhere.</p>;
  return (
    <>
      {sessions && <SessionList label="Signed in" sessions={sessions} next={next} />}
      <div class="play-buttons">
        <Button
          icon="close"
          label="Sign out everywhere"
          onClick={() =>
            void store.ask('people:sign-out', { user_id }).then((reply) => {
              if (reply) next();
            })
          }
        />
      </div>
    </>
  );
}

function RemoveStep({ person: { user_id, name }, done, onKeep }: StepProps & { onKeep: () => void }) {
  const { client, toasts } = useStore();
  return (
    <SheetForm
      icon="trash"
      submit="Remove"
      run={async () => {
        await client.send('people:remove', { user_id });
        toasts.show(`${name} is removed`);
        done();
        return undefined;
      }}
      beside={<Button label="Keep" onClick={onKeep} />}
    >
      <p class="sheet-about">{name} is signed out everywhere at once, and cannot sign in any more.</p>
    </SheetForm>
  );
}
