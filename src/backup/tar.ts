import { AppError } from '../base/index.js';

/** A file on its way into an archive. */
export interface TarFile {
  readonly name: string;
  readonly size: number;
  readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

const BLOCK = 512;
const NAME = /^[a-z0-9][a-z0-9.-]{0,63}$/;
/** More than any backup has. */
const MOST_FILES = 32;

/** The blocks of a tar archive (POSIX ustar, plain files in one folder), so that `tar xzf` opens a backup where there is no Tutti. */
export async function* tarOf(files: Iterable<TarFile>, nowMs: number): AsyncGenerator<Uint8Array> {
  for (const { name, size, bytes } of files) {
    yield header(name, size, nowMs);
    let written = 0;
    for await (const chunk of bytes) {
      written += chunk.length;
      yield chunk;
    }
    if (written !== size) throw new AppError('ERR_CONFLICT', `${name} changed while it was read`);
    yield new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
  }
  yield new Uint8Array(2 * BLOCK);
}

function header(name: string, size: number, nowMs: number): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, length: number): string => value.toString(8).padStart(length - 1, '0');
  block.write(name, 0);
  block.write(octal(0o600, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(Math.max(0, Math.floor(nowMs / 1000)), 12), 136);
  block.write('        0', 148);
  block.write('ustar\u000000', 257);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${octal(sum, 7)}\0 `, 148);
  return block;
}

/** Where a file of an archive goes. */
export interface TarSink {
  write(chunk: Uint8Array): Promise<void> | void;
  end(): Promise<void> | void;
}

/**
 * Takes a tar archive apart. `open` is asked for each file and may throw to refuse it. Throws ERR_INVALID for what is not an archive of
 * plain files with plain names, or ends too early.
 */
export async function untar(
  blocks: AsyncIterable<Uint8Array>,
  open: (name: string, size: number) => Promise<TarSink> | TarSink,
): Promise<void> {
  let rest = Buffer.alloc(0);
  let left = 0;
  let padding = 0;
  let sink: TarSink | undefined;
  let files = 0;
  let ended = false;
  for await (const chunk of blocks) {
    // To its end, so that the checksum of what packed it is looked at too.
    if (ended) continue;
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    for (;;) {
      if (sink && left > 0) {
        const part = rest.subarray(0, left);
        if (part.length === 0) break;
        await sink.write(part);
        left -= part.length;
        rest = rest.subarray(part.length);
        if (left > 0) break;
      }
      if (sink) {
        await sink.end();
        sink = undefined;
      }
      if (rest.length < padding) break;
      rest = rest.subarray(padding);
      padding = 0;
      if (rest.length < BLOCK) break;
      const head = headOf(rest.subarray(0, BLOCK));
      if (!head) {
        ended = true;
        break;
      }
      rest = rest.subarray(BLOCK);
      if (++files > MOST_FILES) throw noBackup('it has too many files');
      sink = await open(head.name, head.size);
      left = head.size;
      padding = (BLOCK - (head.size % BLOCK)) % BLOCK;
    }
  }
  if (!ended) throw noBackup('it ends too early');
}

/** Undefined at the end of an archive. */
function headOf(block: Buffer): { readonly name: string; readonly size: number } | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const text = (at: number, length: number): string =>
    block
      .subarray(at, at + length)
      .toString('latin1')
      .split('\0')[0]!
      .trim();
  let sum = 0;
  for (const [index, byte] of block.entries()) sum += index >= 148 && index < 156 ? 32 : byte;
  const name = text(0, 100);
  const kind = text(156, 1);
  const size = /^[0-7]{1,11}$/.test(text(124, 12)) ? Number.parseInt(text(124, 12), 8) : -1;
  if (Number.parseInt(text(148, 8), 8) !== sum || text(257, 5) !== 'ustar')
    throw noBackup('it is no archive');
  if ((kind !== '0' && kind !== '') || size < 0 || !NAME.test(name))
    throw noBackup('it holds something else');
  return { name, size };
}

export const noBackup = (why: string): AppError =>
  new AppError('ERR_INVALID', `This is no backup of Tutti, or it is damaged: ${why}`);
