import { useState } from 'preact/hooks';
import { Button } from '../components/buttons.js';
import { Sheet } from '../components/sheet.js';
import { SHORTCUTS } from '../state/shortcuts.js';
import { useStore } from '../state/store.js';

/** The sheet that lies over the page, if any. */
export function OpenSheet() {
  const store = useStore();
  const close = (): void => {
    store.sheet.value = undefined;
  };
  switch (store.sheet.value) {
    case 'help':
      return <HelpSheet onClose={close} />;
    case 'radio':
      return <RadioSheet onClose={close} />;
    case 'add-player':
      return <AddPlayerSheet onClose={close} />;
    case 'save-queue':
      return <SaveQueueSheet onClose={close} />;
    case undefined:
      return null;
  }
}

function HelpSheet({ onClose }: { onClose: () => void }) {
  return (
    <Sheet title="Keyboard shortcuts" onClose={onClose}>
      <dl class="shortcuts">
        {SHORTCUTS.map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Sheet>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  /** Which keys the phone offers. */
  readonly keys?: 'text' | 'url' | 'numeric';
  readonly secret?: boolean;
  readonly placeholder?: string;
  readonly required?: boolean;
}

function Field({ label, value, onInput, keys = 'text', secret, placeholder, required }: FieldProps) {
  const common = {
    value,
    placeholder,
    required,
    autocomplete: 'off',
    autocapitalize: 'off' as const,
    onInput: (event: { currentTarget: HTMLInputElement }) => onInput(event.currentTarget.value),
  };
  return (
    <label class="field">
      <span>{label}</span>
      {secret ? <input type="password" {...common} /> : <input type="text" inputMode={keys} {...common} />}
    </label>
  );
}

function RadioSheet({ onClose }: { onClose: () => void }) {
  const store = useStore();
  const [url, setUrl] = useState('');
  const [title, setTitle] = useState('');
  const source = { url: url.trim(), ...(title.trim() === '' ? {} : { title: title.trim() }) };
  return (
    <Sheet title="Play a radio address" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onClose();
          void store.playInBetween(source);
        }}
      >
        <Field label="Address" keys="url" value={url} onInput={setUrl} placeholder="https://…" required />
        <Field label="Name (optional)" value={title} onInput={setTitle} />
        <div class="play-buttons">
          <Button submit icon="play" kind="primary" label="Play" />
          <Button
            icon="plus"
            label="Add"
            disabled={source.url === ''}
            onClick={() => {
              onClose();
              void store.enqueue(source, source.title ?? 'Radio', 'end');
            }}
          />
        </div>
      </form>
    </Sheet>
  );
}

function SaveQueueSheet({ onClose }: { onClose: () => void }) {
  const store = useStore();
  const [name, setName] = useState('');
  return (
    <Sheet title="Save as playlist" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onClose();
          void store.saveQueue(name.trim());
        }}
      >
        <Field label="Name" value={name} onInput={setName} required />
        <Button submit icon="save" kind="primary" label="Save" />
      </form>
    </Sheet>
  );
}

function AddPlayerSheet({ onClose }: { onClose: () => void }) {
  const store = useStore();
  const [name, setName] = useState('');
  const [host, setHost] = useState('');
  const [port, setPort] = useState('6600');
  const [password, setPassword] = useState('');
  const add = async (): Promise<void> => {
    const options = { host: host.trim(), port: Number(port), ...(password === '' ? {} : { password }) };
    const reply = await store.ask('player:add', { kind: 'mpd', name: name.trim() || host.trim(), options });
    if (reply) store.toasts.show(`Added ${name.trim() || host.trim()}`, { kind: 'success' });
  };
  return (
    <Sheet title="Add an MPD player" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onClose();
          void add();
        }}
      >
        <Field label="Host" value={host} onInput={setHost} placeholder="192.168.1.20" required />
        <Field label="Port" keys="numeric" value={port} onInput={setPort} required />
        <Field label="Name" value={name} onInput={setName} placeholder="Kitchen" />
        <Field label="Password (if it has one)" secret value={password} onInput={setPassword} />
        <Button submit icon="plus" kind="primary" label="Add" />
      </form>
    </Sheet>
  );
}
