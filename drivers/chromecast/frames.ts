import { AppError } from '../../src/base/index.js';

/** The protocol allows 64 KiB. */
const MAX_PACKET_BYTES = 256 * 1024;

/** Cuts bytes into packets, each behind four bytes of length. Throws ERR_PLAYER_REFUSED where a length cannot be one. */
export class Frames {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Buffer[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const packets: Buffer[] = [];
    while (bytes.length >= 4) {
      const length = bytes.readUInt32BE(0);
      if (length === 0 || length > MAX_PACKET_BYTES)
        throw new AppError('ERR_PLAYER_REFUSED', 'what answers there is no Chromecast');
      if (bytes.length < 4 + length) break;
      packets.push(bytes.subarray(4, 4 + length));
      bytes = bytes.subarray(4 + length);
    }
    this.#rest = bytes;
    return packets;
  }
}
