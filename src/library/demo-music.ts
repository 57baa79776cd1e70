import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

const RATE = 22_050;
const ALBUM = 'Three Small Pieces';
const ARTIST = 'Tutti';

interface Piece {
  readonly title: string;
  readonly beatSeconds: number;
  /** One chord a bar, as semitones from A3; each bar has eight notes. */
  readonly bars: readonly (readonly number[])[];
}

const PIECES: readonly Piece[] = [
  {
    title: 'Morning',
    beatSeconds: 0.3,
    bars: [
      [0, 4, 7, 12],
      [-3, 0, 4, 9],
      [-7, -3, 0, 5],
      [-5, -1, 2, 7],
    ],
  },
  {
    title: 'Noon',
    beatSeconds: 0.22,
    bars: [
      [-2, 2, 5, 10],
      [3, 7, 10, 15],
      [-4, 0, 3, 8],
      [1, 5, 8, 13],
    ],
  },
  {
    title: 'Evening',
    beatSeconds: 0.42,
    bars: [
      [-9, -5, -2, 3],
      [-7, -4, 0, 5],
      [-12, -9, -5, 0],
      [-10, -7, -3, 2],
    ],
  },
];
const REPEATS = 4;

/** Makes one small tagged album with a cover in `dir`, so that a machine without music has something to play. Files that are there stay. */
export async function makeDemoMusic(dir: string): Promise<void> {
  const album = join(dir, ALBUM);
  await mkdir(album, { recursive: true });
  await once(join(album, 'cover.png'), cover);
  for (const [index, piece] of PIECES.entries()) {
    await once(join(album, `0${index + 1} ${piece.title}.wav`), () =>
      wav(compose(piece), piece.title, index + 1),
    );
  }
}

async function once(path: string, make: () => Buffer): Promise<void> {
  const there = await stat(path).then(
    (found) => found.size > 0,
    () => false,
  );
  if (there) return;
  await writeFile(`${path}.part`, make());
  await rename(`${path}.part`, path);
}

/** Plucked notes over a held chord; -12 dB at most. */
function compose({ beatSeconds, bars }: Piece): Int16Array {
  const beat = Math.round(beatSeconds * RATE);
  const mix = new Float32Array(beat * 8 * bars.length * REPEATS + RATE * 2);
  for (let bar = 0; bar < bars.length * REPEATS; bar++) {
    const chord = bars[bar % bars.length] ?? [];
    for (let step = 0; step < 8; step++) {
      const tone = chord[[0, 1, 2, 3, 2, 1, 3, 2][step] ?? 0] ?? 0;
      pluck(mix, (bar * 8 + step) * beat, 220 * 2 ** (tone / 12), 1.2, 0.16);
    }
    pluck(mix, bar * 8 * beat, 110 * 2 ** ((chord[0] ?? 0) / 12), 2.5, 0.2);
  }
  return Int16Array.from(mix, (sample) => Math.round(Math.max(-1, Math.min(1, sample)) * 8000));
}

function pluck(mix: Float32Array, start: number, hz: number, seconds: number, gain: number): void {
  const count = Math.min(Math.round(seconds * RATE), mix.length - start);
  for (let n = 0; n < count; n++) {
    const t = n / RATE;
    const envelope = Math.min(1, t * 200) * Math.exp((-4 * t) / seconds) * (1 - n / count);
    const phase = 2 * Math.PI * hz * t;
    mix[start + n] =
      (mix[start + n] ?? 0) +
      gain * envelope * (Math.sin(phase) + 0.4 * Math.sin(2 * phase) + 0.15 * Math.sin(3 * phase));
  }
}

function wav(samples: Int16Array, title: string, track: number): Buffer {
  const tags = [
    ['INAM', title],
    ['IART', ARTIST],
    ['IPRD', ALBUM],
    ['ITRK', String(track)],
    ['ICRD', '2026'],
  ] as const;
  const info = chunk(
    'LIST',
    Buffer.concat([Buffer.from('INFO'), ...tags.map(([id, text]) => chunk(id, Buffer.from(`${text}\0`)))]),
  );
  const format = Buffer.alloc(16);
  format.writeUInt16LE(1, 0);
  format.writeUInt16LE(1, 2);
  format.writeUInt32LE(RATE, 4);
  format.writeUInt32LE(RATE * 2, 8);
  format.writeUInt16LE(2, 12);
  format.writeUInt16LE(16, 14);
  const audio = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  return chunk(
    'RIFF',
    Buffer.concat([Buffer.from('WAVE'), chunk('fmt ', format), info, chunk('data', audio)]),
  );
}

function chunk(id: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 0, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

/** A dawn: a soft disc over a gradient, 640 pixels square, PNG. */
function cover(): Buffer {
  const size = 640;
  const rows = Buffer.alloc(size * (1 + size * 3));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const glow = Math.max(0, 1 - Math.abs(Math.hypot(x - 320, y - 380) - 150) / 26);
      const disc = Math.hypot(x - 320, y - 380) < 150 ? 1 : 0;
      const sky = y / size;
      const at = y * (1 + size * 3) + 1 + x * 3;
      rows[at] = Math.min(255, 38 + 150 * sky + 90 * disc + 30 * glow);
      rows[at + 1] = Math.min(255, 32 + 60 * sky + 70 * disc + 30 * glow);
      rows[at + 2] = Math.min(255, 84 + 30 * sky - 10 * disc + 20 * glow);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(id: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(id, 'latin1'), content]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(content.length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
}
