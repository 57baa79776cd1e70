import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MESSAGE } from '../../drivers/snapcast/wire.js';
import { systemClock } from '../../src/base/index.js';
import type { Cue, Media } from '../../src/players/index.js';
import { MediaFolder } from '../contracts/media-files.js';
import type { DrivenLink } from '../contracts/driven-link.js';
import type { FakeSnapclient, HeardChunk } from '../fakes/fake-snapclient.js';
import { Radio } from '../fakes/radio.js';
import { until } from '../until.js';
import { BUFFER_MS, SnapRig } from './snapcast-rig.js';

const RATE = 48_000;
let rig: SnapRig;
let media: MediaFolder;
beforeAll(async () => {
  media = await MediaFolder.create();
});
afterAll(() => media.remove());
beforeEach(async () => {
  rig = await SnapRig.start();
});
afterEach(() => rig.close());

interface Player {
  readonly client: FakeSnapclient;
  readonly link: DrivenLink;
}

/** A client that asks for the time every second, as real ones do. */
async function player(id: string): Promise<Player> {
  const client = await rig.hello(id);
  const asking = setInterval(() => client.askTime(systemClock.nowUs()), 1000);
  rig.with({ close: () => clearInterval(asking) });
  return { client, link: await rig.link(id, { volume: 1, muted: false }) };
}

/** Each 16-bit sample names its place: item and sample number can be told from what arrives. */
async function ramp(name: string, frames: number, first: number): Promise<Media> {
  const bytes = Buffer.alloc(44 + frames * 4);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(36 + frames * 4, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(2, 22);
  bytes.writeUInt32LE(RATE, 24);
  bytes.writeUInt32LE(RATE * 4, 28);
  bytes.writeUInt16LE(4, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(frames * 4, 40);
  for (let n = 0; n < frames; n++) {
    bytes.writeInt16LE((first + n) % 32_768, 44 + n * 4);
    bytes.writeInt16LE(Math.floor((first + n) / 32_768), 46 + n * 4);
  }
  const path = join(media.dir, `${name}.wav`);
  await writeFile(path, bytes);
  return { ref: name, path, title: name, live: false, duration_seconds: frames / RATE };
}

/** The number of the sample that begins a chunk. */
const sampleOf = ({ bytes }: HeardChunk): number => bytes.readInt16LE(0) + bytes.readInt16LE(2) * 32_768;
/** By how much a chunk's sound is heard later than the cue says, µs. */
const offCue = (chunk: HeardChunk, cue: Cue): number =>
  chunk.at_us + BUFFER_MS * 1000 - (cue.at_us + (sampleOf(chunk) / RATE - cue.position_seconds) * 1e6);

function expectUnbroken(chunks: readonly HeardChunk[]): void {
  chunks.slice(1).forEach((chunk, n) => {
    const before = chunks[n]!;
    const frames = before.bytes.length / 4;
    expect(sampleOf(chunk)).toBe(sampleOf(before) + frames);
    expect(Math.abs(chunk.at_us - before.at_us - (frames / RATE) * 1e6)).toBeLessThanOrEqual(1);
  });
}

const inMs = (ms: number): number => systemClock.nowUs() + ms * 1000;

async function plays({ client }: Player, count: number): Promise<void> {
  await until(`${count} chunks`, () => client.chunks.length >= count);
}

describe('sound', () => {
  it('is stamped so that every sample is heard when its cue says', async () => {
    const item = await ramp('stamps', 3 * RATE, 0);
    const one = await player('a');
    const cue = { position_seconds: 0.5, at_us: inMs(300) };
    await one.link.run({ type: 'load', media: item, playing: true, ...cue });
    await plays(one, 30);
    const { chunks } = one.client;
    for (const chunk of chunks) expect(Math.abs(offCue(chunk, cue))).toBeLessThanOrEqual(1.5);
    expectUnbroken(chunks);
    expect(sampleOf(chunks[0]!)).toBeGreaterThanOrEqual(24_000);
  });

  it('follows from item to item without a sample between, and the facts say where', async () => {
    const [first, second] = [await ramp('one', 60_007, 0), await ramp('two', RATE, 60_007)];
    const one = await player('a');
    const cue = { position_seconds: 0, at_us: inMs(800) };
    await one.link.run({ type: 'load', media: first, next: second, playing: true, ...cue });
    const fact = await one.link.next(
      'playback',
      'the second',
      ({ ref, rate }) => ref === 'two' && rate === 1,
    );
    expect(fact.position_seconds).toBe(0);
    expect(Math.abs(fact.at_us - (cue.at_us + (60_007 / RATE) * 1e6))).toBeLessThan(1);
    await one.link.next('ended', 'the end', ({ ref }) => ref === 'two');
    const { chunks } = one.client;
    expectUnbroken(chunks);
    const last = chunks.at(-1)!;
    expect(sampleOf(last) + last.bytes.length / 4).toBe(60_007 + RATE);
    expect(one.client.of(MESSAGE.codecHeader)).toHaveLength(1);
  });

  it('that comes too late is not sent, and a client that was interrupted begins anew', async () => {
    const item = await ramp('late', 5 * RATE, 0);
    const one = await player('a');
    const cue = { position_seconds: 0, at_us: inMs(-2000) };
    await one.link.run({ type: 'load', media: item, playing: true, ...cue });
    await plays(one, 20);
    const sentUs = one.client.of(MESSAGE.wireChunk).map(({ sent_us }) => sent_us);
    one.client.chunks.forEach((chunk, n) => {
      expect(chunk.at_us + BUFFER_MS * 1000 + 20_000).toBeGreaterThan(sentUs[n]!);
      expect(Math.abs(offCue(chunk, cue))).toBeLessThanOrEqual(1.5);
    });
  });

  it('is not decoded far ahead', async () => {
    const item = await ramp('long', 60 * RATE, 0);
    const one = await player('a');
    const cue = { position_seconds: 0, at_us: inMs(300) };
    await one.link.run({ type: 'load', media: item, playing: true, ...cue });
    await plays(one, 50);
    const last = one.client.chunks.at(-1)!;
    expect(last.at_us).toBeLessThanOrEqual(systemClock.nowUs());
  });
});

describe('a group', () => {
  const group = (count: number): Promise<Player[]> =>
    Promise.all(Array.from({ length: count }, (_, n) => player(`member-${n}`)));

  it('of ten is decoded once, and all hear the same at the same time', async () => {
    const item = await ramp('group', 3 * RATE, 0);
    const members = await group(10);
    const prepare = { type: 'load', media: item, position_seconds: 0.2, playing: false } as const;
    await Promise.all(members.map(({ link }) => link.run(prepare)));
    expect(rig.server.feeds.count).toEqual({ feeds: 0, prepared: 1 });
    const cue = { position_seconds: 0.2, at_us: inMs(300) };
    await Promise.all(members.map(({ link }) => link.run({ type: 'play', cue })));
    await Promise.all(members.map((member) => plays(member, 25)));
    expect(rig.server.feeds.count).toEqual({ feeds: 1, prepared: 0 });
    const first = members[0]!.client.chunks.slice(0, 25);
    for (const { client } of members) {
      const heard = client.chunks.slice(0, 25);
      expect(heard.map(({ at_us }) => at_us)).toEqual(first.map(({ at_us }) => at_us));
      expect(heard.every(({ bytes }, n) => bytes.equals(first[n]!.bytes))).toBe(true);
    }
  });

  it('takes in and loses members a hundred times, each at the sample that is due, and those who stay hear nothing of it', async () => {
    const [item, other] = [await ramp('joining', 60 * RATE, 0), await ramp('elsewhere', 60 * RATE, 0)];
    const [stays, ...movers] = (await group(3)) as [Player, ...Player[]];
    const cue = { position_seconds: 0, at_us: inMs(300) };
    await stays.link.run({ type: 'load', media: item, playing: true, ...cue });
    await plays(stays, 30);
    for (let n = 0; n < 50; n++) {
      for (const mover of movers) {
        const { client, link } = mover;
        const headers = client.of(MESSAGE.codecHeader).length;
        await link.run({ type: 'load', media: n % 2 === 0 ? item : other, playing: true, ...cue });
        await client.gets(MESSAGE.codecHeader, headers + 1);
        await until('the first chunks', () => client.freshChunks.length >= 3);
        const joined = client.freshChunks;
        expectUnbroken(joined);
        expect(Math.abs(offCue(joined[0]!, cue))).toBeLessThanOrEqual(1.5);
      }
      expect(rig.server.feeds.count.feeds).toBe(n % 2 === 0 ? 1 : 2);
    }
    expectUnbroken(stays.client.chunks);
    expect(stays.client.of(MESSAGE.codecHeader)).toHaveLength(1);
  }, 120_000);

  it('goes on when one of its clients takes nothing, and that one is not sent more than it holds', async () => {
    const item = await ramp('slow', 8 * RATE, 0);
    const [good, slow] = (await group(2)) as [Player, Player];
    const cue = { position_seconds: 0, at_us: inMs(300) };
    for (const { link } of [good, slow]) await link.run({ type: 'load', media: item, playing: true, ...cue });
    await plays(good, 10);
    slow.client.socket.pause();
    await plays(good, 10 + (5 * RATE) / 960);
    expectUnbroken(good.client.chunks);
  });

  it('that is told a timeline a few ms away goes there without a hole', async () => {
    const item = await ramp('moving', 8 * RATE, 0);
    const members = await group(3);
    let cue = { position_seconds: 0, at_us: inMs(300) };
    for (const { link } of members) await link.run({ type: 'load', media: item, playing: true, ...cue });
    await Promise.all(members.map(({ link }) => link.next('playback', 'playing', ({ rate }) => rate === 1)));
    for (const shiftUs of [700, -1500, 12_000, -40_000]) {
      cue = { ...cue, at_us: cue.at_us + shiftUs };
      for (const { link } of members) await link.run({ type: 'follow', ref: item.ref, cue });
      const there = ({ client }: Player): boolean => Math.abs(offCue(client.chunks.at(-1)!, cue)) <= 22;
      await until(`all are ${shiftUs} µs further`, () => members.every(there));
      expect(rig.server.feeds.count.feeds).toBe(1);
    }
    for (const { client } of members) expect(client.of(MESSAGE.codecHeader)).toHaveLength(1);
  });
});

describe('an internet radio', () => {
  const tuned = async (): Promise<{ radio: Radio; item: Media }> => {
    const radio = rig.with(await Radio.start());
    return { radio, item: { ref: 'radio', url: radio.url, title: 'Radio', live: true } };
  };

  it('is fetched once for all who hear it, and they hear it together', async () => {
    const { radio, item } = await tuned();
    const [one, other] = [await player('a'), await player('b')];
    const cue = { position_seconds: 0, at_us: inMs(2500) };
    for (const { link } of [one, other]) await link.run({ type: 'load', media: item, playing: true, ...cue });
    await Promise.all([plays(one, 60), plays(other, 60)]);
    expect(radio.connections).toBe(1);
    expect(rig.server.feeds.count.feeds).toBe(1);
    const byTime = new Map(one.client.chunks.map(({ at_us, bytes }) => [at_us, bytes]));
    const shared = other.client.chunks.filter(({ at_us }) => byTime.has(at_us));
    expect(shared.length).toBeGreaterThan(20);
    for (const { at_us, bytes } of shared) expect(byTime.get(at_us)?.equals(bytes)).toBe(true);
    expect(shared.some(({ bytes }) => bytes.some((byte) => byte !== 0))).toBe(true);
    const fact = await one.link.next('playback', 'playing', ({ status }) => status === 'playing');
    expect(fact).not.toHaveProperty('duration_seconds');
  });

  it('cannot be sought, and goes on after a pause', async () => {
    const { item } = await tuned();
    const one = await player('a');
    await one.link.run({ type: 'load', media: item, position_seconds: 0, playing: true });
    await plays(one, 30);
    const seek = one.link.run({ type: 'seek', position_seconds: 3 });
    await expect(seek).rejects.toMatchObject({ code: 'ERR_NOT_SEEKABLE' });
    await one.link.run({ type: 'pause' });
    await one.link.next('playback', 'paused', ({ status }) => status === 'paused');
    const before = one.client.chunks.length;
    await one.link.run({ type: 'play' });
    await one.link.next('playback', 'playing again', ({ status }) => status === 'playing');
    await plays(one, before + 30);
  });

  it('that breaks off is over, and leaves nothing behind', async () => {
    const { radio, item } = await tuned();
    const one = await player('a');
    await one.link.run({ type: 'load', media: item, position_seconds: 0, playing: true });
    await plays(one, 30);
    radio.drop();
    await one.link.next('ended', 'the end', ({ ref }) => ref === item.ref);
    await until('nothing is left', () => rig.server.feeds.count.feeds === 0);
  });
});

describe('what is let go', () => {
  it('leaves no decoder behind', async () => {
    const item = await ramp('gone', 8 * RATE, 0);
    const one = await player('a');
    await one.link.run({ type: 'load', media: item, position_seconds: 0, playing: true, next: item });
    await plays(one, 5);
    await one.link.run({ type: 'pause' });
    expect(rig.server.feeds.count).toEqual({ feeds: 0, prepared: 1 });
    await one.link.run({ type: 'play' });
    await plays(one, 30);
    one.client.close();
    await one.link.link.closed;
    expect(rig.server.feeds.count).toEqual({ feeds: 0, prepared: 0 });
  });
});
