import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { FIRST_LINK, type SignIn } from '../../src/protocol/people.js';
import { Button } from '../components/buttons.js';
import { Credential } from '../components/credential.js';
import { doorOf } from '../state/door.js';
import { refusalWords, signIn, waitSeconds } from '../state/sign-in.js';
import { useStore } from '../state/store.js';
import '../styles/sign-in.css';

/** Before the door: nothing of the house is here. */
export function SignInPage() {
  const store = useStore();
  const door = doorOf(store);
  const link = door.link.value;
  const you = door.you.value;
  useEffect(() => {
    document.title = 'Tutti';
  }, []);
  return (
    <main class="door">
      <div class="door-card">
        <p class="door-mark">
          <img src="./icons/icon.svg" alt="" width="56" height="56" />
          <span>Tutti</span>
        </p>
        {door.reason.value !== undefined && (
          <p class="door-reason" role="status">
            {door.reason.value}
          </p>
        )}
        {(link || door.asked.value) && you && (
          <div class="door-reason">
            <p>{`${you.name} is signed in on this phone. Go on, or come in anew below.`}</p>
            <Button offline label={`Go on as ${you.name}`} onClick={() => door.goOn()} />
          </div>
        )}
        {link?.kind === 'sign-in' && <ByLink key={link.secret} link={link.secret} />}
        {link?.kind === 'invite' && <ByInvitation key={link.secret} invitation={link.secret} />}
        {!link && <ByPassword />}
      </div>
    </main>
  );
}

function ByPassword() {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  return (
    <EntryForm
      title="Sign in"
      submit="Sign in"
      request={() => ({ how: 'password', name, password })}
      beneath={
        <p class="door-note">
          New here, or forgotten? Somebody who manages Tutti can make you a link. On the machine it runs on,
          so does <code>sudo tutti sign-in-link</code>.
        </p>
      }
    >
      <Credential label="Name" use="username" value={name} onInput={setName} required first />
      <Credential label="Password" use="current-password" value={password} onInput={setPassword} required />
    </EntryForm>
  );
}

function ByLink({ link }: { link: string }) {
  const [isNew, setNew] = useState(link.startsWith(FIRST_LINK));
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const request = (): SignIn => ({
    how: 'link',
    link,
    ...(isNew ? { name } : {}),
    ...(password === '' ? {} : { password }),
  });
  const choose = { use: 'new-password' as const, value: password, onInput: setPassword, shortest: 8 };
  return isNew ? (
    <EntryForm title="Welcome" submit="Begin" request={request}>
      <p class="door-note">Nobody has an account here yet. You will be the one who manages Tutti.</p>
      <Credential label="Your name" use="username" value={name} onInput={setName} required first />
      <Credential label="Choose a password (8 characters or more)" {...choose} required />
    </EntryForm>
  ) : (
    <EntryForm title="Come in" submit="Come in" request={request} onNameNeeded={() => setNew(true)}>
      <p class="door-note">
        This link signs you in once. Choose a new password with it, or leave the field empty and keep what you
        have.
      </p>
      <Credential label="New password (8 characters or more)" {...choose} first />
    </EntryForm>
  );
}

function ByInvitation({ invitation }: { invitation: string }) {
  const [name, setName] = useState('');
  return (
    <EntryForm
      title="You are invited"
      submit="Come in"
      request={() => ({ how: 'invitation', invitation, name })}
    >
      <p class="door-note">What shall the others call you?</p>
      <Credential label="Your name" use="nickname" value={name} onInput={setName} required first />
    </EntryForm>
  );
}

interface EntryFormProps {
  readonly title: string;
  readonly submit: string;
  readonly request: () => SignIn;
  /** The link makes an account, and that needs a name. */
  readonly onNameNeeded?: () => void;
  readonly children: ComponentChildren;
  /** Under the button. */
  readonly beneath?: ComponentChildren;
}

/** A form as password managers know them; what was typed stays until somebody is in. */
function EntryForm({ title, submit, request, onNameNeeded, children, beneath }: EntryFormProps) {
  const store = useStore();
  const [problem, setProblem] = useState<string>();
  const [wait, setWait] = useCountdown();
  const busy = useRef(false);
  const go = async (): Promise<void> => {
    if (busy.current || wait > 0) return;
    busy.current = true;
    setProblem(undefined);
    const asked = request();
    try {
      doorOf(store).entered(await signIn(asked));
    } catch (error) {
      const words = refusalWords(error, asked.how);
      if (words === 'Enter a name.' && onNameNeeded) onNameNeeded();
      else setProblem(words);
      setWait(waitSeconds(error));
    } finally {
      busy.current = false;
    }
  };
  return (
    <form
      aria-label={title}
      method="post"
      onInput={() => setProblem(undefined)}
      onSubmit={(event) => {
        event.preventDefault();
        void go();
      }}
    >
      <h1>{title}</h1>
      {children}
      <p class="form-problem" role="alert">
        {wait > 0 ? `Too many attempts. Try again in ${wait} s.` : problem}
      </p>
      <Button submit offline kind="primary" label={submit} disabled={wait > 0} />
      {beneath}
    </form>
  );
}

/** Seconds that are left, and how to set them. */
function useCountdown(): [left: number, start: (seconds: number) => void] {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return [left, setLeft];
}
