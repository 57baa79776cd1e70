import { open } from 'node:fs/promises';

const HEADER = 32;
const FRAME_HEADER = 24;
const MAGIC = 0x377f0682;

/** What a write-ahead log of SQLite holds, by its own checksums. */
export interface LogState {
  /** Its first 32 bytes are not those of a log, though something comes after them. */
  readonly headless: boolean;
  /** Frames that SQLite will read. */
  readonly frames: number;
  /** Commits of this log that come after a frame which is damaged: SQLite passes over them. One may be what a power cut tore. */
  readonly lostCommits: number;
  /** Length of a page. */
  readonly page?: number;
  /** The version of the tables after it, where it has changed the page that says so. */
  readonly schema?: number;
}

/** SQLite's file format: a database's first page has these, its `user_version` among them. */
const PAGE_AT = 16;
const SCHEMA_AT = 60;
const DATABASE_HEADER = 100;

/**
 * Reads a write-ahead log as SQLite does. A log that ends in a torn frame is what every power cut leaves, and SQLite mends it by itself; whole
 * commits behind a damaged frame are what only a faulty disk leaves. Undefined when there is no log.
 */
export async function readLog(path: string): Promise<LogState | undefined> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return undefined;
  try {
    const header = Buffer.alloc(HEADER);
    const { bytesRead } = await file.read(header, 0, HEADER, 0);
    const { size } = await file.stat();
    if (size <= HEADER) return { headless: false, frames: 0, lostCommits: 0 };
    const head = headOf(header.subarray(0, bytesRead));
    if (!head) return { headless: true, frames: 0, lostCommits: 0 };
    return await walk(file, head, size);
  } finally {
    await file.close();
  }
}

/**
 * Whether a log is of another database than the one that it lies beside: SQLite would fold it in all the same, and nothing would be left. A version of
 * tables never goes back.
 */
export async function isForeign({ frames, page, schema }: LogState, database: string): Promise<boolean> {
  if (frames === 0) return false;
  const file = await open(database, 'r').catch(() => undefined);
  if (!file) return false;
  try {
    const header = Buffer.alloc(DATABASE_HEADER);
    const { bytesRead } = await file.read(header, 0, DATABASE_HEADER, 0);
    if (bytesRead < DATABASE_HEADER) return false;
    const length = header.readUInt16BE(PAGE_AT);
    if (page !== (length === 1 ? 65_536 : length)) return true;
    return schema !== undefined && schema < header.readUInt32BE(SCHEMA_AT);
  } finally {
    await file.close();
  }
}

interface Head {
  readonly page: number;
  readonly little: boolean;
  readonly salts: Buffer;
  readonly sum: readonly [number, number];
}

function headOf(header: Buffer): Head | undefined {
  if (header.length < HEADER || (header.readUInt32BE(0) & 0xfffffffe) !== MAGIC) return undefined;
  const little = (header.readUInt32BE(0) & 1) === 0;
  const page = header.readUInt32BE(8);
  const sum = checksum(header.subarray(0, 24), [0, 0], little);
  if (sum[0] !== header.readUInt32BE(24) || sum[1] !== header.readUInt32BE(28)) return undefined;
  if (page < 512 || page > 65_536) return undefined;
  return { page, little, salts: Buffer.from(header.subarray(16, 24)), sum };
}

async function walk(
  file: { read(buffer: Buffer, offset: number, length: number, at: number): Promise<{ bytesRead: number }> },
  { page, little, salts, sum: first }: Head,
  size: number,
): Promise<LogState> {
  const frame = Buffer.alloc(FRAME_HEADER + page);
  let sum = first;
  let frames = 0;
  let torn = false;
  let lostCommits = 0;
  let schema: number | undefined;
  for (let at = HEADER; at + frame.length <= size; at += frame.length) {
    await file.read(frame, 0, frame.length, at);
    const ours = frame.subarray(8, 16).equals(salts);
    if (!torn && ours) {
      sum = checksum(frame.subarray(FRAME_HEADER), checksum(frame.subarray(0, 8), sum, little), little);
      if (sum[0] === frame.readUInt32BE(16) && sum[1] === frame.readUInt32BE(20)) {
        frames++;
        if (frame.readUInt32BE(0) === 1) schema = frame.readUInt32BE(FRAME_HEADER + SCHEMA_AT);
        continue;
      }
    }
    torn = true;
    if (ours && frame.readUInt32BE(4) !== 0) lostCommits++;
  }
  return { headless: false, frames, lostCommits, page, ...(schema !== undefined && { schema }) };
}

/** The checksum of SQLite's logs, of a multiple of 8 bytes. */
function checksum(
  bytes: Buffer,
  [a, b]: readonly [number, number],
  little: boolean,
): readonly [number, number] {
  let [s0, s1] = [a, b];
  for (let at = 0; at < bytes.length; at += 8) {
    const x = little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    const y = little ? bytes.readUInt32LE(at + 4) : bytes.readUInt32BE(at + 4);
    s0 = (s0 + x + s1) >>> 0;
    s1 = (s1 + y + s0) >>> 0;
  }
  return [s0, s1];
}
