import { useState } from 'preact/hooks';
import type { Player } from '../../src/protocol/player.js';
import { Field, SheetForm } from '../components/form.js';
import { Sheet } from '../components/sheet.js';
import { kindText } from '../state/kinds.js';
import { portProblem, splitAddress } from '../state/player-address.js';
import { useStore } from '../state/store.js';

const KINDS = [
  { kind: 'mpd', name: '' },
  { kind: 'local', name: 'Server' },
  { kind: 'null', name: 'Silence' },
  { kind: 'chromecast', name: '' },
  { kind: 'snapserver', name: '' },
  { kind: 'snapcast', name: 'Snapclient' },
] as const;
type Kind = (typeof KINDS)[number]['kind'];

/** Kinds that are somewhere on the network, with the port they usually have. */
const PORTS: Readonly<Partial<Record<Kind, string>>> = {
  mpd: '6600',
  chromecast: '8009',
  snapserver: '1705',
};

/** A player that was not found by itself. */
export function AddPlayerSheet({ onClose }: { onClose: () => void }) {
  const store = useStore();
  const [kind, setKind] = useState<Kind>('mpd');
  const [name, setName] = useState('');
  const [address, setAddress] = useState('');
  const [port, setPort] = useState('');
  const [password, setPassword] = useState('');
  const [output, setOutput] = useState('');
  const [clientId, setClientId] = useState('');
  const [source, setSource] = useState('');
  const isClient = kind === 'snapserver' || kind === 'snapcast';
  const written = splitAddress(address);
  const usualPort = PORTS[kind];
  const usual = usualPort !== undefined ? written.host : KINDS.find((one) => one.kind === kind)!.name;

  const run = async (): Promise<string | undefined> => {
    const chosenPort = written.port ?? port.trim();
    const problem = usualPort !== undefined ? portProblem(chosenPort) : undefined;
    if (problem !== undefined) return problem;
    const place = { host: written.host, ...(chosenPort === '' ? {} : { port: Number(chosenPort) }) };
    const options = {
      mpd: { ...place, ...(password === '' ? {} : { password }) },
      chromecast: place,
      snapserver: {
        ...place,
        client_id: clientId.trim(),
        ...(source.trim() === '' ? {} : { source: source.trim() }),
      },
      snapcast: { client_id: clientId.trim() },
      local: output.trim() === '' ? {} : { output: output.trim() },
      null: {},
    }[kind];
    const called = name.trim() || usual;
    await store.client.send('player:add', { kind, name: called, options });
    onClose();
    store.toasts.show(`Added ${called}`, { kind: 'success' });
    return undefined;
  };

  return (
    <Sheet title="Add a player" onClose={onClose}>
      <SheetForm
        icon="plus"
        submit="Add"
        disabled={usual === '' || (isClient && clientId.trim() === '')}
        run={run}
      >
        <KindChoice kind={kind} onKind={setKind} />
        {usualPort !== undefined && (
          <>
            <div class="field-pair">
              <Field
                label="Address"
                keys="url"
                value={address}
                onInput={setAddress}
                onLeave={() => {
                  if (written.port === undefined) return;
                  setAddress(written.host);
                  setPort(written.port);
                }}
                placeholder="192.168.1.20"
                longest={300}
                required
              />
              <Field
                label="Port"
                keys="numeric"
                value={port}
                onInput={setPort}
                placeholder={usualPort}
                longest={5}
              />
            </div>
            {kind === 'mpd' && (
              <Field
                label="Password (if it has one)"
                secret
                value={password}
                onInput={setPassword}
                longest={256}
              />
            )}
          </>
        )}
        {isClient && (
          <SnapFields
            ofSnapserver={kind === 'snapserver'}
            clientId={clientId}
            onClientId={setClientId}
            source={source}
            onSource={setSource}
          />
        )}
        {kind === 'local' && (
          <Field
            label="Output (optional)"
            keys="url"
            value={output}
            onInput={setOutput}
            placeholder="The usual one"
            longest={256}
            suggestions={knownOutputs(store.house.players.value ?? [])}
          />
        )}
        <Field label="Name (optional)" value={name} onInput={setName} placeholder={usual} longest={128} />
        <p class="dim">
          Snapclients and satellites come by themselves once they know this server. On their machine:{' '}
          <code>snapclient -h {location.hostname}</code> or{' '}
          <code>tutti satellite --server {location.origin}</code>
        </p>
      </SheetForm>
    </Sheet>
  );
}

/** What there is to add. */
function KindChoice({ kind, onKind }: { kind: Kind; onKind: (kind: Kind) => void }) {
  return (
    <fieldset class="outputs">
      <legend>Kind</legend>
      {KINDS.map((one) => (
        <label key={one.kind}>
          <input
            type="radio"
            name="kind"
            checked={kind === one.kind}
            autofocus={one.kind === 'mpd'}
            onChange={() => onKind(one.kind)}
          />
          <span>{kindText(one.kind)}</span>
        </label>
      ))}
    </fieldset>
  );
}

interface SnapProps {
  readonly ofSnapserver: boolean;
  readonly clientId: string;
  readonly onClientId: (text: string) => void;
  readonly source: string;
  readonly onSource: (text: string) => void;
}

/** Which snapclient is meant, and where its snapserver takes music. */
function SnapFields({ ofSnapserver, clientId, onClientId, source, onSource }: SnapProps) {
  return (
    <>
      <Field
        label="Its client id"
        keys="url"
        value={clientId}
        onInput={onClientId}
        placeholder="b8:27:eb:00:00:01"
        longest={128}
        required
      />
      {ofSnapserver && (
        <Field
          label="Its tcp source (optional)"
          keys="url"
          value={source}
          onInput={onSource}
          placeholder="tcp://192.168.1.22:4953"
          longest={300}
        />
      )}
    </>
  );
}

/** What the server's own players say they can play through. */
function knownOutputs(players: readonly Player[]): { value: string; name: string }[] {
  const outputs = players.filter(({ kind }) => kind === 'local').flatMap(({ outputs }) => outputs);
  return outputs.map(({ output_id, name }) => ({ value: output_id, name }));
}
