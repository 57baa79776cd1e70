import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { packageRoot } from '../../src/package-root.js';
import type { Segment } from './capture.js';

const run = promisify(execFile);
const SOURCE = join(packageRoot, 'bench', 'sync', 'card', 'tutti-card.c');
const PACKAGES = 'apt install gcc libc6-dev libasound2-dev';

export interface CardChoice {
  /** Letters, digits and `_`; programs play to the ALSA PCM of this name. */
  readonly name: string;
  /** How much faster than the monotonic clock it plays, in millionths. Default 0. */
  readonly ppm?: number;
  /** The pointer moves in so many frames, as with a coarse driver. Default 1. */
  readonly step?: number;
}

/** Sound cards without hardware, each with a clock of its own. */
export interface Cards {
  /** For programs that shall play here. */
  readonly env: Readonly<Record<string, string>>;
  readonly names: readonly string[];
  /** What was heard of a card so far. */
  heard(name: string): Promise<Segment[]>;
  /** How often it ran dry so far. */
  underruns(name: string): Promise<number>;
}

/**
 * Compiles the card and sets up ALSA for it in `dir`, which must outlive every program that plays. What is heard is kept in `tapes`: a
 * busy disk there would hold up the programs that play.
 */
export async function openCards(dir: string, choices: readonly CardChoice[], tapes = dir): Promise<Cards> {
  const library = join(dir, 'tutti-card.so');
  const args = ['-O2', '-shared', '-fPIC', '-DPIC', '-o', library, SOURCE, '-lasound'];
  try {
    await run('gcc', args);
  } catch (cause) {
    throw new Error(`the test card cannot be compiled: ${PACKAGES}`, { cause });
  }
  const config = join(dir, 'asound.conf');
  const lines = choices.flatMap(({ name, ppm = 0, step = 1 }) => [
    `pcm.${name} {`,
    `  type plug slave.pcm { type tutti_card file "${join(tapes, name)}" ppm ${ppm} step ${step} }`,
    `  hint { show on description "Test card ${name}" }`,
    '}',
  ]);
  const head = ['</usr/share/alsa/alsa.conf>', `pcm_type.tutti_card { lib "${library}" }`];
  await writeFile(config, [...head, ...lines, ''].join('\n'));
  return {
    env: { ALSA_CONFIG_PATH: config },
    names: choices.map(({ name }) => name),
    heard: (name) => readCard(join(tapes, name)),
    underruns: async (name) =>
      (await readLog(join(tapes, name))).filter(({ what }) => what === 'XRUN').length,
  };
}

const Line = z.discriminatedUnion('what', [
  z.object({
    what: z.literal('START'),
    at: z.coerce.number(),
    first: z.coerce.number(),
    rate: z.coerce.number(),
    ppm: z.coerce.number(),
    channels: z.coerce.number(),
  }),
  z.object({ what: z.enum(['STOP', 'XRUN']), at: z.coerce.number(), heard: z.coerce.number() }),
]);
type Line = z.infer<typeof Line>;

async function readLog(file: string): Promise<Line[]> {
  const text = await orNothing(readFile(`${file}.log`, 'utf8'));
  const lines = (text ?? '').split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [what, at, a, rate, ppm, channels] = line.split(' ');
    return Line.parse(
      what === 'START' ? { what, at, first: a, rate, ppm, channels } : { what, at, heard: a },
    );
  });
}

/** The left channel of each stretch of sound between a start and a stop. */
async function readCard(file: string): Promise<Segment[]> {
  const log = await readLog(file);
  const pcm = (await orNothing(readFile(`${file}.pcm`))) ?? Buffer.alloc(0);
  const segments: Segment[] = [];
  log.forEach((line, index) => {
    if (line.what !== 'START') return;
    const after = log[index + 1];
    const { at, first, rate, ppm, channels } = line;
    const all = Math.floor(pcm.length / 2 / channels);
    const until = after?.what === 'START' ? after.first : all;
    const heard = after !== undefined && after.what !== 'START' ? after.heard : until - first;
    const frames = Math.max(0, Math.min(heard, all - first));
    const samples = new Int16Array(frames);
    for (let n = 0; n < frames; n++) samples[n] = pcm.readInt16LE((first + n) * channels * 2);
    segments.push({
      startNs: at,
      framesPerSecond: rate * (1 + ppm * 1e-6),
      rate,
      samples,
      ranDry: after?.what === 'XRUN',
    });
  });
  return segments;
}

async function orNothing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
