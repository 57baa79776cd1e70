import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { toError } from '../base/index.js';
import { Backups, unplacedIn, unplacedSettings, unplacedWords, type BackupPiece } from '../backup/index.js';
import type { Jobs } from '../jobs/index.js';
import { version } from '../package-root.js';
import type { SystemState } from '../protocol/index.js';
import { watchFile } from '../settings/index.js';
import { setting } from '../storage/index.js';
import type { Base } from './base.js';
import { replaceNotices } from './notices.js';
import type { Kept } from './open-state.js';
import { retryRefused } from './retry-refused.js';
import { writeAnew } from './write-anew.js';

export interface OpenedPower {
  readonly handlers: Backups['handlers'];
  readonly schedules: Backups['schedules'];
  file(this: void, backupId: string): ReturnType<Backups['file']>;
  upload(this: void, piece: BackupPiece): Promise<number>;
  /** After everything that has notices of its own. */
  start(): void;
}

type Notice = SystemState['notices'][number];

/** All of these are ours. */
const PREFIX = 'kept-';
/** A loss is told for so long. */
const TELL_MS = 7 * 86_400_000;
const Loss = z.object({ at_ms: z.number(), sentences: z.array(z.string()) });

/** What survives a power cut and a full disk: backups, and what people are told while the disk or the clock is not as it should be. */
export function openPower(base: Base, kept: Kept, jobs: Jobs): OpenedPower {
  const { config, settings, clock, log, closers, restart } = base;
  const { disk, store } = kept;
  const backups = new Backups({
    dataDir: config.data_dir,
    version,
    clock,
    log: log.child({ part: 'backups' }),
    jobs,
    reserveBytes: config.space_reserve_mb * 1024 * 1024,
    settingsFile: settings.places.file || undefined,
    whyNot: (file) => settings.whyNot(file),
    restart,
  });
  closers.add(() => backups.close());
  const losses = lossesOf(base, kept);
  const tell = (): void =>
    replaceNotices(store, PREFIX, [
      ...diskNotices(kept),
      ...clockNotices(base),
      ...settingsNotices(base),
      ...losses(),
    ]);
  return {
    handlers: backups.handlers,
    schedules: backups.schedules,
    file: (backupId) => backups.file(backupId),
    upload: (piece) => backups.upload(piece),
    start() {
      const ended = [
        clock.onTurn(tell),
        disk.onChange(changed),
        retryRefused({ store, disk, clock }),
        ...(settingsNotices(base).length > 0 ? [seenGone(base, tell)] : []),
      ];
      closers.add(() => ended.forEach((end) => end()));
      disk.start();
      tell();
      void backups.start();
    },
  };

  function changed(): void {
    tell();
    if (disk.state === 'gone') saved(base, kept);
    if (disk.state === 'fine' && kept.borrowed) restart('The disk can be written again');
  }
}

/** Somebody has deleted the state of a house that still knows all of it. Without its settings it would come back as another one. */
function saved({ settings, log, restart }: Base, { db, dbFile }: Kept): void {
  try {
    if (!writeAnew(db, dbFile)) return;
    log.error({ file: dbFile }, 'the database was deleted, and is written anew');
    const { file, used } = settings.places;
    if (!used || existsSync(file)) restart('The database was deleted');
  } catch (error) {
    log.error({ error: toError(error).message }, 'the database was deleted, and cannot be written anew');
  }
}

function diskNotices({ disk, dbFile, borrowed, lacks }: Kept): Notice[] {
  const notice_id = `${PREFIX}disk`;
  const level = 'error';
  const meanwhile = 'Music goes on. Queues, settings and people cannot be changed until then.';
  switch (disk.state) {
    case 'full':
      return [
        {
          notice_id,
          level,
          message: `${lacks ?? 'The disk of the server is full'}: remove something from ${lacks === undefined ? 'it' : 'its disk'}. ${meanwhile}`,
        },
      ];
    case 'read-only':
      return [
        {
          notice_id,
          level,
          message: `The disk of the server can only be read: it may be worn out, or was not closed cleanly. Restart the machine; if this comes again, replace the card. ${meanwhile}`,
        },
      ];
    case 'faulty':
      return [
        { notice_id, level, message: `The disk of the server reports errors: replace it. ${meanwhile}` },
      ];
    case 'gone': {
      const message = `The files of the server were removed or replaced while it ran (${dirname(dbFile)}): put them back, with the settings, and restart Tutti. ${meanwhile}`;
      return [{ notice_id, level, message }];
    }
    case 'fine':
      return borrowed
        ? [{ notice_id, level: 'warning', message: 'The server starts anew in a moment.' }]
        : [];
    default:
      return disk.state satisfies never;
  }
}

function clockNotices({ clock }: Base): Notice[] {
  if (clock.trusted()) return [];
  const message =
    'The clock of this machine is not right yet: alarms and everything else that comes by the clock wait. It is set by the network, or by hand.';
  return [{ notice_id: `${PREFIX}clock`, level: 'warning', message }];
}

/** What a restore could not do, until somebody has: the settings file of the backup is beside the state. */
function settingsNotices({ config, settings }: Base): Notice[] {
  const unplaced = unplacedSettings(config.data_dir, settings.places.file);
  if (!unplaced) return [];
  const message = unplacedWords(unplaced, settings.whyNot(unplaced.kept));
  return [{ notice_id: `${PREFIX}settings`, level: 'warning', message }];
}

function seenGone({ config, clock, log }: Base, changed: () => void): () => void {
  return watchFile({ file: unplacedIn(config.data_dir), clock, log, changed });
}

/** What was lost at this start, and at those of the last days. */
function lossesOf({ clock, log }: Base, { db, lost, borrowed }: Kept): () => Notice[] {
  const stored = setting(db, 'power/lost');
  const known = lossFrom(stored.read());
  if (lost.length > 0 && !borrowed) {
    const sentences = [...lost, ...(known?.sentences ?? [])].slice(0, 8);
    stored.write(JSON.stringify({ at_ms: clock.wallMs(), sentences }));
  }
  const loss = lossFrom(stored.read()) ?? { at_ms: clock.wallMs(), sentences: lost };
  if (loss.sentences.length > 0) log.debug({ count: loss.sentences.length }, 'losses are told');
  return () =>
    clock.wallMs() - loss.at_ms > TELL_MS
      ? []
      : loss.sentences.map((message, index) => ({
          notice_id: `${PREFIX}lost-${index}`,
          level: 'error',
          message,
        }));
}

function lossFrom(text: string | undefined): z.infer<typeof Loss> | undefined {
  if (text === undefined) return undefined;
  try {
    return Loss.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
