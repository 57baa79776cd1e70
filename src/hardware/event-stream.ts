/** One `struct input_event` of Linux, without its time: ours is measured when it arrives. */
export interface RawEvent {
  readonly type: number;
  readonly code: number;
  readonly value: number;
}

export const SYNC = 0;
export const KEY = 1;
export const RELATIVE = 2;
export const MISC = 4;
/** Of type MISC: the code that a key has for what it is on. */
export const SCAN = 4;
/** Of type SYNC: the kernel's queue ran over, and what is held down is not known any more. */
export const DROPPED = 3;

/** How many bytes a `long` of this process has: the kernel lays its structs and bit fields out for it. */
export type WordBytes = 4 | 8;

export function wordBytesOf(arch: string): WordBytes {
  return arch === 'arm' || arch === 'ia32' || arch === 'mips' || arch === 'mipsel' ? 4 : 8;
}

/** Cuts what an event file gives into events: 24 bytes each for a 64-bit process, 16 for a 32-bit one, in the order of bytes of the Pi. */
export class EventStream {
  readonly #size: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(wordBytes: WordBytes) {
    this.#size = 2 * wordBytes + 8;
  }

  push(chunk: Buffer): RawEvent[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const events: RawEvent[] = [];
    let at = 0;
    for (; at + this.#size <= bytes.length; at += this.#size) {
      const end = at + this.#size;
      events.push({
        type: bytes.readUInt16LE(end - 8),
        code: bytes.readUInt16LE(end - 6),
        value: bytes.readInt32LE(end - 4),
      });
    }
    this.#rest = bytes.subarray(at);
    return events;
  }
}
