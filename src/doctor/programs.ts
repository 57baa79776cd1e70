import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { SCHEMA_VERSION } from '../storage/index.js';
import { notice, ok, problem, warning, type Finding } from './finding.js';
import type { Ways } from './ways.js';

/** What a program said, or undefined when there is none of this name. */
export type RunProgram = (
  program: string,
  words: readonly string[],
  signal?: AbortSignal,
) => Promise<{ readonly code: number; readonly text: string } | undefined>;

const NODE = [20, 19] as const;
const MPV = [0, 35] as const;

/** `version` is that of the Node that runs this: `20.20.1`. */
export function checkNode(version: string): Finding {
  if (atLeast(version, NODE)) return ok(version);
  return problem(
    `${version}; Tutti needs ${NODE.join('.')} or newer`,
    'curl -fsSL https://deb.nodesource.com/setup_22.x | sudo -E bash - && sudo apt-get install -y nodejs',
  );
}

/** This program and its database. `schemaNow`: that of a database which this process has open, and whose file nobody may open beside it. */
export async function checkOwn(
  version: string,
  dataDir: string,
  schemaNow: (() => number) | undefined,
  ways: Pick<Ways, 'tutti'>,
): Promise<Finding> {
  const schema = schemaNow ? schemaNow() : await schemaOf(join(dataDir, 'tutti.db'));
  const figures = [
    { name: 'version', value: version },
    { name: 'database version of the program', value: SCHEMA_VERSION },
    ...(schema === undefined ? [] : [{ name: 'database version', value: schema }]),
  ];
  if (schema === undefined) return ok(`${version}; there is no database yet`, figures);
  if (schema > SCHEMA_VERSION)
    return problem(
      `${version}, but the database is of a newer one (${schema}, known is ${SCHEMA_VERSION})`,
      `Install the newer version again, or go back to a backup: ${ways.tutti('restore')}`,
      figures,
    );
  if (schema < SCHEMA_VERSION)
    return notice(`${version}; the database is brought up to date at the next start`, undefined, figures);
  return ok(`${version}, database version ${schema}`, figures);
}

const HEADER_BYTES = 100;
const VERSION_AT = 60;
const LOG_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MOST_FRAMES = 100_000;

/**
 * Read from the head of the file or of its log, so that nothing is locked or folded in. Where SQLite has the file open, closing it here would
 * take SQLite's own locks away.
 */
async function schemaOf(path: string): Promise<number | undefined> {
  const head = await reading(path, (handle) => bytesAt(handle, 0, HEADER_BYTES));
  if (!head) return undefined;
  return (await reading(`${path}-wal`, schemaInLog)) ?? head.readUInt32BE(VERSION_AT);
}

/** The first page as it stands last in the log, and was not folded in yet. */
async function schemaInLog(handle: FileHandle): Promise<number | undefined> {
  const header = await bytesAt(handle, 0, LOG_HEADER_BYTES);
  const page = header?.readUInt32BE(8) ?? 0;
  if (!header || page < 512 || page > 65_536) return undefined;
  let found: number | undefined;
  for (let n = 0, at = LOG_HEADER_BYTES; n < MOST_FRAMES; n++, at += FRAME_HEADER_BYTES + page) {
    const frame = await bytesAt(handle, at, FRAME_HEADER_BYTES + HEADER_BYTES);
    // What is left of an earlier round of the log has other salts.
    if (!frame || frame.compare(header, 16, 24, 8, 16) !== 0) break;
    if (frame.readUInt32BE(0) === 1) found = frame.readUInt32BE(FRAME_HEADER_BYTES + VERSION_AT);
  }
  return found;
}

async function bytesAt(handle: FileHandle, at: number, count: number): Promise<Buffer | undefined> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, at);
  return bytesRead < count ? undefined : buffer;
}

async function reading<T>(path: string, read: (handle: FileHandle) => Promise<T>): Promise<T | undefined> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (!handle) return undefined;
  try {
    return await read(handle);
  } finally {
    await handle.close();
  }
}

/** `wanted`: whether the settings want this machine to make sound itself. */
export async function checkMpv(run: RunProgram, wanted: boolean, signal?: AbortSignal): Promise<Finding> {
  const version = versionIn(await run('mpv', ['--no-config', '--version'], signal));
  const install = 'sudo apt-get install -y mpv';
  if (version === undefined && !wanted) return ok('not installed, and not needed: local_output is off');
  if (version === undefined) return problem('not installed: this machine itself makes no sound', install);
  if (/^\d/.test(version) && !atLeast(version, MPV))
    return problem(`${version}; ${MPV.join('.')} or newer is needed`, `sudo apt-get update && ${install}`);
  return ok(version);
}

export async function checkFfmpeg(run: RunProgram, signal?: AbortSignal): Promise<Finding> {
  const version = versionIn(await run('ffmpeg', ['-hide_banner', '-version'], signal));
  const install = 'sudo apt-get install -y ffmpeg';
  if (version === undefined)
    return problem(
      'not installed: players get no music they cannot decode, pages no small pictures',
      install,
    );
  const encoders = (await run('ffmpeg', ['-hide_banner', '-encoders'], signal))?.text ?? '';
  const missing = ['flac', 'libmp3lame'].filter((name) => !encoders.includes(` ${name} `));
  if (missing.length > 0)
    return warning(`${version}, without the encoder ${missing.join(' and ')}`, `${install} --reinstall`);
  return ok(version);
}

/** The word after the name, in the first line. */
function versionIn(ran: { readonly code: number; readonly text: string } | undefined): string | undefined {
  if (ran?.code !== 0) return undefined;
  return /^\S+(?: version)? (\S+)/.exec(ran.text)?.[1] ?? 'of an unknown version';
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, first = '0', second = '0'] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(first) > major || (Number(first) === major && Number(second) >= minor);
}
