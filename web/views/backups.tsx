import { useEffect, useState } from 'preact/hooks';
import type { Backup, BackupKind } from '../../src/protocol/backup.js';
import { AskSheet } from '../components/ask-sheet.js';
import { Button, IconButton } from '../components/buttons.js';
import { DownloadLink } from '../components/download-link.js';
import { Check, SheetForm } from '../components/form.js';
import { Icon } from '../components/icon.js';
import { Progress } from '../components/progress.js';
import { Sheet } from '../components/sheet.js';
import { backupHref, sendBackup } from '../state/backup-file.js';
import { isAdmin } from '../state/door.js';
import { explain } from '../state/explain.js';
import { ago } from '../state/job-words.js';
import { bytes, MOVING } from '../state/pipeline-words.js';
import { useStore } from '../state/store.js';
import '../styles/pipeline.css';
import { BackHeader, Failed } from './collections.js';
import { useNow } from './follow.js';
import { useLoaded } from './hooks.js';
import { OnlyAdmins } from './not-for-you.js';

const KINDS: Readonly<Record<BackupKind, string>> = {
  daily: 'By the clock',
  weekly: 'By the clock, kept for weeks',
  manual: 'Made by hand',
  migration: 'Before an upgrade',
  uploaded: 'From elsewhere',
};

/** Backups of what this house remembers, and the way back to one. */
export function BackupsView() {
  const admin = isAdmin(useStore());
  return (
    <section class="view pipeline" aria-label="Backups">
      <BackHeader title="Backups" />
      {admin ? <Everything /> : <OnlyAdmins />}
    </section>
  );
}

function Everything() {
  const store = useStore();
  const { client, house } = store;
  const [round, setRound] = useState(0);
  const [restoring, setRestoring] = useState<Backup>();
  const [removing, setRemoving] = useState<Backup>();
  const now = useNow(30_000);
  useEffect(() => {
    client.subscribe(['jobs']).catch(() => undefined);
    return () => client.unsubscribe(['jobs']);
  }, [client]);
  const jobs = (house.jobs.value ?? []).filter(({ kind }) => kind === 'backup');
  const running = jobs.find(({ state }) => state === 'running' || state === 'queued');
  const failed = jobs[0]?.state === 'failed' ? jobs[0] : undefined;
  const { value, failed: unknown } = useLoaded(
    () => client.send('backup:list', {}),
    [round, running?.job_id, house.live.value],
  );
  const again = (): void => setRound((n) => n + 1);
  if (!value) return unknown ? <Failed what="The backups" /> : null;
  return (
    <div class="scroller">
      <p class="dim page-end">
        Rooms, queues, playlists, people and settings are backed up every night; when nothing has changed, the
        last backup is read back instead. Music files are not in it. {bytes(value.free_bytes)} are free for
        more.
      </p>
      {running && <Progress label="Backup" value={running.progress} />}
      {failed && (
        <p class="form-problem pickers-problem" role="alert">
          The last backup failed: {failed.error?.message ?? ''}
        </p>
      )}
      <div class="pickers">
        <Button
          icon="save"
          kind="primary"
          label={running ? 'Backs up…' : 'Back up now'}
          disabled={running !== undefined}
          onClick={() => void store.ask('backup:create', {})}
        />
        <Bring onDone={again} />
      </div>
      {value.backups.length === 0 && <p class="empty">There is no backup yet.</p>}
      <ul class="cards" aria-label="Backups">
        {value.backups.map((backup) => (
          <BackupRow
            key={backup.backup_id}
            backup={backup}
            now={now}
            onRestore={() => setRestoring(backup)}
            onRemove={() => setRemoving(backup)}
          />
        ))}
      </ul>
      {restoring && <RestoreSheet backup={restoring} onClose={() => setRestoring(undefined)} />}
      {removing && (
        <AskSheet
          title="Remove this backup for good?"
          icon="trash"
          yes="Remove for good"
          no="Keep it"
          run={async () => {
            await client.send('backup:remove', { backup_id: removing.backup_id });
            again();
          }}
          onClose={() => setRemoving(undefined)}
        >
          <p>The backup of {when(removing)} is then gone from the disk. Nobody can bring it back.</p>
        </AskSheet>
      )}
    </div>
  );
}

/** A file of this phone that becomes one of the backups. */
function Bring({ onDone }: { onDone: () => void }) {
  const store = useStore();
  const live = store.house.live.value;
  const [share, setShare] = useState<number>();
  const [problem, setProblem] = useState<string>();
  const bring = async (file: File): Promise<void> => {
    setProblem(undefined);
    setShare(0);
    try {
      await sendBackup(file, setShare);
      await store.client.send('backup:take', {}, MOVING);
      store.toasts.show('The backup is in order and stands below', { kind: 'success' });
      onDone();
    } catch (error) {
      setProblem(explain(error));
    }
    setShare(undefined);
  };
  return (
    <>
      <label class={`button ${live && share === undefined ? '' : 'off'}`}>
        <Icon name="plus" size={20} />
        <span>Bring a file</span>
        <input
          class="visually-hidden"
          type="file"
          accept=".gz,application/gzip"
          disabled={!live || share !== undefined}
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file) void bring(file);
            event.currentTarget.value = '';
          }}
        />
      </label>
      {share !== undefined && <Progress label="Sending the file" value={Math.round(share * 100)} />}
      <p class="form-problem pickers-problem" role="alert">
        {problem}
      </p>
    </>
  );
}

interface BackupRowProps {
  readonly backup: Backup;
  readonly now: number;
  readonly onRestore: () => void;
  readonly onRemove: () => void;
}

function BackupRow({ backup, now, onRestore, onRemove }: BackupRowProps) {
  const { backup_id, kind, made_at, size_bytes, version, confirmed_at, problem } = backup;
  const date = when(backup);
  return (
    <li class={`card ${problem === undefined ? '' : 'failed'}`}>
      <div class="row-text">
        <span class="row-title">{date}</span>
        <span class="row-line">
          {KINDS[kind]}, {ago(made_at, now)}
        </span>
        <span class={`row-sub ${problem === undefined ? '' : 'problem'}`}>
          {problem !== undefined && <Icon name="warning" size={16} />}
          {problem ?? `${bytes(size_bytes)}${version === undefined ? '' : ` · Tutti ${version}`}`}
        </span>
        {confirmed_at !== undefined && (
          <span class="row-sub">
            <Icon name="check" size={16} />
            Read back {ago(confirmed_at, now)}: nothing had changed
          </span>
        )}
      </div>
      <div class="card-actions">
        <Button
          icon="undo"
          label="Restore"
          about={date}
          disabled={problem !== undefined}
          onClick={onRestore}
        />
        <DownloadLink class="icon-button" href={backupHref(backup_id)} label={`Download ${date}`}>
          <Icon name="down" />
        </DownloadLink>
        <IconButton icon="trash" label={`Remove the backup of ${date}`} onClick={onRemove} />
      </div>
    </li>
  );
}

/** Says what happens, and goes on only for who has said that it is meant. */
function RestoreSheet({ backup, onClose }: { backup: Backup; onClose: () => void }) {
  const { client, toasts } = useStore();
  const [meant, setMeant] = useState(false);
  const run = async (): Promise<string | undefined> => {
    await client.send('backup:restore', { backup_id: backup.backup_id }, MOVING);
    toasts.show('The backup is in order. The server starts anew with it', { kind: 'success' });
    onClose();
    return undefined;
  };
  return (
    <Sheet title={`Go back to ${when(backup)}?`} onClose={onClose}>
      <SheetForm
        icon="undo"
        submit="Restore and start anew"
        disabled={!meant}
        run={run}
        beside={<Button label="Cancel" offline onClick={onClose} />}
      >
        <div class="sheet-about">
          <p>Rooms, queues, playlists, people, passwords and settings are as they were then.</p>
          <p>What changed since then is put aside on the server, in its folder “aside”.</p>
          <p>Music files stay as they are; the library looks through them again.</p>
          <p>All phones are disconnected for a moment, and may have to sign in again.</p>
        </div>
        <Check label="Yes, go back to this backup" value={meant} onInput={setMeant} />
      </SheetForm>
    </Sheet>
  );
}

const when = ({ made_at }: Pick<Backup, 'made_at'>): string =>
  new Date(made_at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
