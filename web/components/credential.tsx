import { useEffect, useRef, useState } from 'preact/hooks';

interface CredentialProps {
  readonly label: string;
  /** What a password manager fills in here, or keeps. */
  readonly use: 'username' | 'nickname' | 'current-password' | 'new-password';
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly required?: boolean;
  readonly shortest?: number;
  /** Takes the focus when it appears. */
  readonly first?: boolean;
}

/** A name or a password, as password managers know them. A password can be looked at. */
export function Credential({ label, use, value, onInput, required, shortest, first }: CredentialProps) {
  const field = useRef<HTMLInputElement>(null);
  const [seen, setSeen] = useState(false);
  const secret = use === 'current-password' || use === 'new-password';
  useEffect(() => {
    if (first) field.current?.focus();
  }, []);
  return (
    <div class={secret ? 'credential secret' : 'credential'}>
      <label class="field">
        <span>{label}</span>
        <input
          ref={field}
          {...(secret && !seen ? { type: 'password' } : { type: 'text' })}
          name={secret ? 'password' : use}
          autocomplete={use}
          autocapitalize={use === 'nickname' ? 'words' : 'off'}
          spellcheck={false}
          autofocus={first}
          required={required}
          minLength={shortest}
          maxLength={secret ? 256 : 40}
          value={value}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      </label>
      {secret && (
        <button
          type="button"
          class="credential-show"
          aria-label="Show the password"
          aria-pressed={seen}
          onClick={() => setSeen(!seen)}
        >
          {seen ? 'Hide' : 'Show'}
        </button>
      )}
    </div>
  );
}
