/** What an mDNS packet says, as far as it matters here. */
export interface DnsAnswer {
  /** `_mpd._tcp.local` -> `Kitchen._mpd._tcp.local`. */
  readonly pointers: readonly { readonly name: string; readonly to: string }[];
  /** IPv4 addresses that hosts say they have. */
  readonly addresses: readonly string[];
}

const POINTER = 12;
const ADDRESS = 1;
const MOST_RECORDS = 128;
const MOST_LABELS = 64;

/** Undefined for a question, and for what is no DNS at all. Hostile packets end where they stop making sense. */
export function readAnswer(packet: Buffer): DnsAnswer | undefined {
  if (packet.length < 12 || (packet[2]! & 0x80) === 0) return undefined;
  const questions = packet.readUInt16BE(4);
  const records = packet.readUInt16BE(6) + packet.readUInt16BE(8) + packet.readUInt16BE(10);
  if (questions > MOST_RECORDS) return undefined;
  const pointers: { name: string; to: string }[] = [];
  const addresses: string[] = [];
  let at = 12;
  try {
    for (let n = 0; n < questions; n++) at = nameAt(packet, at).end + 4;
    for (let n = 0; n < Math.min(records, MOST_RECORDS); n++) {
      const { name, end } = nameAt(packet, at);
      const type = packet.readUInt16BE(end);
      const length = packet.readUInt16BE(end + 8);
      const body = end + 10;
      if (type === POINTER) pointers.push({ name, to: nameAt(packet, body).name });
      if (type === ADDRESS && length === 4) addresses.push([...packet.subarray(body, body + 4)].join('.'));
      at = body + length;
    }
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
  }
  return { pointers, addresses };
}

/** A name, following pointers backwards only, and where the next thing begins. Throws RangeError at what is no name. */
function nameAt(packet: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = start;
  let end: number | undefined;
  while (labels.length < MOST_LABELS) {
    const length = packet.readUInt8(at);
    if (length === 0) return { name: labels.join('.'), end: end ?? at + 1 };
    if (length >= 0xc0) {
      const to = packet.readUInt16BE(at) & 0x3fff;
      end ??= at + 2;
      if (to >= at) break;
      at = to;
      continue;
    }
    if (length > 63 || at + 1 + length > packet.length) break;
    labels.push(packet.toString('utf8', at + 1, at + 1 + length));
    at += 1 + length;
  }
  throw new RangeError('not a name');
}
