import { useState } from 'preact/hooks';
import type { PathMapping, Target } from '../../src/protocol/pipeline/upkeep.js';
import { Button, IconButton } from '../components/buttons.js';
import { Field, SheetForm } from '../components/form.js';
import { Sheet } from '../components/sheet.js';
import { TARGET_WORDS } from '../state/pipeline-words.js';
import { useStore } from '../state/store.js';

type Kind = Target['kind'];

const ADDRESSES: Readonly<Record<Kind, string>> = {
  plex: 'http://192.168.1.10:32400',
  jellyfin: 'http://192.168.1.10:8096',
  subsonic: 'http://192.168.1.10:4533',
  lms: 'http://192.168.1.10:9000',
  mpd: 'mpd://192.168.1.10:6600',
};
const SECRETS: Readonly<Record<Kind, string>> = {
  plex: 'Token (X-Plex-Token)',
  jellyfin: 'API key',
  subsonic: 'Password',
  lms: 'Password (if it wants one)',
  mpd: 'Password (if it wants one)',
};
const SECTIONS: Partial<Record<Kind, string>> = {
  plex: 'Number of its music library (the test names them)',
  subsonic: 'User',
};

/** A new music server, or what is different about one. */
export function TargetSheet({ target, onClose }: { target?: Target; onClose: () => void }) {
  const { client } = useStore();
  const [kind, setKind] = useState<Kind>(target?.kind ?? 'plex');
  const [name, setName] = useState(target?.name ?? '');
  const [url, setUrl] = useState(target?.url ?? '');
  const [secret, setSecret] = useState('');
  const [section, setSection] = useState(target?.section ?? '');
  const [mappings, setMappings] = useState<readonly PathMapping[]>(target?.mappings ?? []);
  const run = async (): Promise<string | undefined> => {
    const pairs = mappings.filter(({ ours, theirs }) => ours.trim() !== '' || theirs.trim() !== '');
    if (pairs.some(({ ours, theirs }) => ours.trim() === '' || theirs.trim() === ''))
      return 'A folder pair needs both sides';
    const fields = {
      name: name.trim() === '' ? TARGET_WORDS[kind] : name.trim(),
      url: url.trim(),
      mappings: pairs.map(({ ours, theirs }) => ({ ours: ours.trim(), theirs: theirs.trim() })),
      ...(section.trim() === '' ? {} : { section: section.trim() }),
      ...(secret === '' ? {} : { secret }),
    };
    if (target) await client.send('target:update', { target_id: target.target_id, ...fields });
    else await client.send('target:add', { kind, ...fields });
    onClose();
    return undefined;
  };
  const sectionLabel = SECTIONS[kind];
  return (
    <Sheet title={target ? target.name : 'Add a music server'} onClose={onClose}>
      <SheetForm
        icon={target ? 'check' : 'plus'}
        submit={target ? 'Save' : 'Add'}
        disabled={url.trim() === ''}
        run={run}
      >
        {!target && (
          <label class="field">
            <span>Kind</span>
            <select value={kind} onChange={(event) => setKind(kindOf(event.currentTarget.value))}>
              {Object.entries(TARGET_WORDS).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        )}
        <Field label="Name" value={name} onInput={setName} longest={128} placeholder={TARGET_WORDS[kind]} />
        <Field
          label="Address"
          keys="url"
          value={url}
          onInput={setUrl}
          placeholder={ADDRESSES[kind]}
          required
        />
        {sectionLabel !== undefined && (
          <Field label={sectionLabel} keys="url" value={section} onInput={setSection} longest={64} />
        )}
        <Field
          label={target ? `${SECRETS[kind]}: empty leaves it as it is` : SECRETS[kind]}
          secret
          value={secret}
          onInput={setSecret}
          longest={512}
        />
        <Mappings mappings={mappings} onChange={setMappings} />
      </SheetForm>
    </Sheet>
  );
}

function kindOf(value: string): Kind {
  const kinds = Object.keys(TARGET_WORDS) as Kind[];
  return kinds.find((kind) => kind === value) ?? 'plex';
}

interface MappingsProps {
  readonly mappings: readonly PathMapping[];
  readonly onChange: (mappings: readonly PathMapping[]) => void;
}

/** Where the other server has the folders that we have. */
function Mappings({ mappings, onChange }: MappingsProps) {
  const set = (n: number, change: Partial<PathMapping>): void =>
    onChange(mappings.map((one, at) => (at === n ? { ...one, ...change } : one)));
  return (
    <fieldset class="mappings">
      <legend>Folders, where it has them elsewhere</legend>
      {mappings.map(({ ours, theirs }, n) => (
        <div key={n} class="mapping">
          <Field
            label={`Our folder ${n + 1}`}
            keys="url"
            value={ours}
            onInput={(text) => set(n, { ours: text })}
          />
          <Field
            label={`Its folder ${n + 1}`}
            keys="url"
            value={theirs}
            onInput={(text) => set(n, { theirs: text })}
          />
          <IconButton
            icon="trash"
            label={`Remove folder pair ${n + 1}`}
            onClick={() => onChange(mappings.toSpliced(n, 1))}
          />
        </div>
      ))}
      {mappings.length < 16 && (
        <Button
          icon="plus"
          label="Add a folder pair"
          onClick={() => onChange([...mappings, { ours: '', theirs: '' }])}
        />
      )}
    </fieldset>
  );
}
