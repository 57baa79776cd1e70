import { useState } from 'preact/hooks';
import type { Scope } from '../../src/protocol/access.js';
import type { ApiToken } from '../../src/protocol/people.js';
import { Button } from '../components/buttons.js';
import { Check, Choice, Field, SheetForm } from '../components/form.js';
import { CopyLine } from '../components/share.js';
import { Sheet } from '../components/sheet.js';
import { ago } from '../state/job-words.js';
import { SCOPE_WORDS, until } from '../state/people-words.js';
import { useStore } from '../state/store.js';
import { useAnswer, type PartProps } from './asked.js';

const DAY_SECONDS = 86_400;
const LIVES = [
  { value: undefined, label: 'No end' },
  { value: 30 * DAY_SECONDS, label: '30 days' },
  { value: 365 * DAY_SECONDS, label: 'One year' },
];
const SCOPES = Object.keys(SCOPE_WORDS) as Scope[];

/** API tokens: how home automation and other programs come in. */
export function ProgramsPart({ round, next }: PartProps) {
  const tokens = useAnswer('token:list', {}, round).value?.tokens;
  const [adding, setAdding] = useState(false);
  const [revoking, setRevoking] = useState<ApiToken>();
  return (
    <>
      <p class="part-about dim">
        Home automation and other programs come in with a token of their own, which may do no more than you
        say.
      </p>
      <ul class="rows" aria-label="API tokens">
        {tokens?.map((token) => (
          <TokenRow key={token.token_id} token={token} onRevoke={() => setRevoking(token)} />
        ))}
      </ul>
      <div class="party-tools">
        <Button icon="plus" kind="primary" label="Make a token" onClick={() => setAdding(true)} />
      </div>
      {adding && (
        <TokenSheet
          onMade={next}
          onClose={() => {
            setAdding(false);
          }}
        />
      )}
      {revoking && (
        <RevokeSheet
          token={revoking}
          onClose={() => {
            setRevoking(undefined);
            next();
          }}
        />
      )}
    </>
  );
}

function TokenRow({ token, onRevoke }: { token: ApiToken; onRevoke: () => void }) {
  const { name, scopes, last_used_at, expires_at } = token;
  const now = Date.now();
  const used = last_used_at === undefined ? 'never used' : `used ${ago(last_used_at, now)}`;
  const ends = expires_at === undefined ? [] : [`ends ${until(expires_at, now)}`];
  return (
    <li class="person">
      <span class="row-text">
        <span class="row-title">{name}</span>
        <span class="row-sub">{[scopes.join(', '), used, ...ends].join(' · ')}</span>
      </span>
      <Button label="Revoke" about={name} onClick={onRevoke} />
    </li>
  );
}

/** Asks what it is for, and then shows it this once. */
function TokenSheet({ onMade, onClose }: { onMade: () => void; onClose: () => void }) {
  const { client } = useStore();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['control']);
  const [seconds, setSeconds] = useState<number | undefined>(undefined);
  const [token, setToken] = useState<string>();
  if (token !== undefined)
    return (
      <Sheet key="made" title={`The token for ${name}`} onClose={onClose}>
        <p class="sheet-about">
          Copy it now: Tutti keeps only what proves it right, and never shows it again.
        </p>
        <CopyLine label="Token" text={token} />
      </Sheet>
    );
  const asked = seconds === undefined ? {} : { expires_in_seconds: seconds };
  return (
    <Sheet title="A token for a program" onClose={onClose}>
      <SheetForm
        icon="plus"
        submit="Make it"
        disabled={name.trim() === '' || scopes.length === 0}
        run={async () => {
          const made = await client.send('token:create', { name, scopes: [...scopes], ...asked });
          setToken(made.token);
          onMade();
          return undefined;
        }}
      >
        <Field label="What it is for" value={name} onInput={setName} longest={64} required first />
        <fieldset class="checks">
          <legend>What it may do</legend>
          {SCOPES.map((scope) => (
            <Check
              key={scope}
              label={SCOPE_WORDS[scope]}
              value={scopes.includes(scope)}
              onInput={(on) =>
                setScopes(SCOPES.filter((each) => (each === scope ? on : scopes.includes(each))))
              }
            />
          ))}
        </fieldset>
        <Choice legend="How long" options={LIVES} value={seconds} onInput={setSeconds} />
      </SheetForm>
    </Sheet>
  );
}

function RevokeSheet({ token: { token_id, name }, onClose }: { token: ApiToken; onClose: () => void }) {
  const { client } = useStore();
  return (
    <Sheet title={`Revoke the token for ${name}?`} onClose={onClose}>
      <SheetForm
        icon="close"
        submit="Revoke"
        run={async () => {
          await client.send('token:revoke', { token_id });
          onClose();
          return undefined;
        }}
        beside={<Button label="Keep" onClick={onClose} />}
      >
        <p class="sheet-about">Programs that use it are cut off at once.</p>
      </SheetForm>
    </Sheet>
  );
}
