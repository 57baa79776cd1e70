import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mpd as definition } from '../../drivers/mpd/index.js';
import { systemClock } from '../../src/base/index.js';
import type { Cue, Media } from '../../src/players/index.js';
import { DrivenLink, pause, type FactOf } from '../contracts/driven-link.js';
import { FakeMpd } from '../fakes/fake-mpd.js';
import { until } from '../until.js';

/** What a busy machine may make of a start, ms; the effects that are looked for are several times larger. */
const BUSY_MS = 60;

let fake: FakeMpd;
let links: DrivenLink[] = [];
let serial = 0;

function media(seconds = 60): Media {
  const ref = `item-${++serial}`;
  const relative_path = `${ref}.flac`;
  fake.player.library.set(relative_path, seconds);
  return { ref, relative_path, title: ref, live: false, duration_seconds: seconds };
}

async function connect(
  options: Readonly<Record<string, unknown>> = {},
  memory?: unknown,
): Promise<DrivenLink> {
  const link = await DrivenLink.connect({
    definition,
    options: { port: fake.port, shares_music: true, ...options },
    runtimeDir: '/nonexistent',
    memory,
  });
  links.push(link);
  return link;
}

function soon(position_seconds: number, ms = 450): Cue {
  return { position_seconds, at_us: systemClock.nowUs() + ms * 1000 };
}

async function started(link: DrivenLink, item: Media, cue = soon(0), next?: Media): Promise<Cue> {
  await link.run({ type: 'load', media: item, playing: true, ...cue, ...(next && { next }) });
  await link.next('playback', 'playing', (fact) => fact.ref === item.ref && fact.status === 'playing');
  return cue;
}

/** How far ahead of the cue the fake is really heard. */
function heardAheadMs(cue: Cue): number {
  const due = cue.position_seconds + (systemClock.nowUs() - cue.at_us) / 1e6;
  return (fake.player.heard() - due) * 1000;
}

function report(
  link: DrivenLink,
  what: string,
  test?: (fact: FactOf<'sync'>) => boolean,
): Promise<FactOf<'sync'>> {
  return link.next('sync', what, test);
}

const said = (name: string): string[][] => fake.commands.filter(([word]) => word === name);

beforeEach(async () => {
  fake = await FakeMpd.start();
});

afterEach(async () => {
  const violations: string[] = [];
  for (const link of links) {
    await link.close();
    violations.push(...link.violations);
  }
  links = [];
  await fake.close();
  expect(violations).toEqual([]);
});

describe('a track that begins later in it', () => {
  it('takes the place of the one that was to follow, and is told as a correction', async () => {
    const link = await connect();
    const [item, next] = [media(5), media()];
    await started(link, item, soon(0), next);
    await until('the next one is queued', () => fake.player.queue.length === 2);
    await report(link, 'a first report');
    await link.run({ type: 'preload', next, skip_ms: 8 });
    expect(said('rangeid').map((words) => words[2])).toEqual(['0.008:']);
    expect(fake.player.queue.map(({ uri, fromSeconds }) => [uri, fromSeconds])).toEqual([
      [item.relative_path, 0],
      [next.relative_path, 0.008],
    ]);
    const told = await report(link, 'a correction', ({ correction }) => correction !== undefined);
    expect(told.correction).toMatchObject({ kind: 'seek' });
    expect(told.skew_ms - (told.correction?.skew_ms ?? 0)).toBeCloseTo(8, 5);
    await link.run({ type: 'seek', position_seconds: 30 });
    expect(said('seekid').at(-1)?.[2]).toBe('29.992');
    const moved = (fact: FactOf<'playback'>): boolean => fact.position_seconds > 29;
    const fact = await link.next('playback', 'at the new place', moved);
    expect(Math.abs(fact.position_seconds - 30) * 1000).toBeLessThan(BUSY_MS);
  });

  it('begins at its beginning where MPD could not do that exactly', async () => {
    const link = await connect();
    const item = media(20);
    const next = { ...media(), relative_path: 'lossy.mp3' };
    fake.player.library.set('lossy.mp3', 60);
    await started(link, item, soon(0), next);
    await until('the next one is queued', () => fake.player.queue.length === 2);
    const queued = fake.player.queue.map(({ id }) => id);
    await link.run({ type: 'preload', next, skip_ms: 8 });
    expect(said('rangeid')).toEqual([]);
    expect(fake.player.queue.map(({ id }) => id)).toEqual(queued);
  });

  it('is not played twice when MPD goes on to it just then', async () => {
    const link = await connect();
    const [item, next] = [media(20), media()];
    await started(link, item, soon(0), next);
    await until('the next one is queued', () => fake.player.queue.length === 2);
    fake.meanwhile = ([word]) => {
      if (word === 'rangeid') fake.player.goOn();
    };
    await link.run({ type: 'preload', next, skip_ms: 8 });
    await link.next('playback', 'on the next one', (fact) => fact.ref === next.ref);
    await until('nothing else is left', () => fake.player.queue.length === 1);
  });
});

describe('getting ready', () => {
  it('takes as long as the decoder needs to open the song', async () => {
    fake.player.card = { ...fake.player.card, openMs: 700 };
    const link = await connect();
    const before = performance.now();
    await link.run({ type: 'load', media: media(), position_seconds: 0, playing: false });
    expect(performance.now() - before).toBeGreaterThan(600);
    expect(fake.player.status()).toContain('audio: 44100:16:2');
  });

  it('is over at once when the song cannot be opened', async () => {
    const link = await connect();
    const broken = { ref: 'broken', url: 'http://127.0.0.1/broken.flac', title: 'x', live: false };
    await link.run({ type: 'load', media: broken, playing: true, ...soon(0) });
    await link.next('ended', 'failed', (fact) => fact.ref === 'broken' && fact.reason === 'failed');
  });

  it('says that it loads until the moment has come, not that it plays or is paused', async () => {
    const link = await connect();
    const item = media();
    const cue = soon(0, 800);
    await link.run({ type: 'load', media: item, playing: true, ...cue });
    await link.next('playback', 'waiting', (fact) => fact.ref === item.ref && fact.status === 'loading');
    await link.next('playback', 'playing', (fact) => fact.ref === item.ref && fact.status === 'playing');
    expect(link.since().some((fact) => fact.type === 'playback' && fact.status === 'paused')).toBe(false);
  });
});

describe('what is heard', () => {
  it('is learnt from a start, told in facts, and kept for the next connection', async () => {
    fake.player.card = { ...fake.player.card, aheadMs: 900, stepMs: 110 };
    const link = await connect();
    const item = media();
    const cue = await started(link, item);
    const first = await report(link, 'a measurement');
    expect(Math.abs(first.skew_ms - heardAheadMs(cue))).toBeLessThan(BUSY_MS);
    const { ahead_ms } = link.memory as { ahead_ms: Record<string, number[]> };
    expect(Math.abs((ahead_ms['main']?.[0] ?? 0) - 900)).toBeLessThan(BUSY_MS);
    await link.close();
    const again = await connect({}, link.memory);
    const { position_seconds, at_us } = await again.next('playback', 'ours', (fact) => fact.ref === item.ref);
    const offMs = (position_seconds - (cue.position_seconds + (at_us - cue.at_us) / 1e6)) * 1000;
    expect(Math.abs(offMs)).toBeLessThan(110 + BUSY_MS);
  });

  it('is what MPD says while nothing is known about the latency', async () => {
    fake.player.card = { ...fake.player.card, aheadMs: 900 };
    const link = await connect();
    const item = media();
    await link.run({ type: 'load', media: item, position_seconds: 5, playing: true });
    await link.next('playback', 'playing', (fact) => fact.ref === item.ref && fact.position_seconds > 5.8);
  });

  it('starts earlier by the part of a told latency that is no buffer', async () => {
    fake.player.card = { aheadMs: 300, stepMs: 20, startMs: 90, openMs: 0 };
    const link = await connect({ output_latency_ms: 300 });
    const item = media();
    await started(link, item);
    await report(link, 'a first measurement');
    const cue = soon(20, 600);
    await link.run({ type: 'seek', ...cue });
    await report(link, 'a measurement of the second start', (fact) => fact.correction === undefined);
    expect(Math.abs(heardAheadMs(cue))).toBeLessThan(45);
    expect(link.last('info')?.lead_ms).toBeGreaterThan(250);
  });

  it('of the next item begins where the one before ends, although MPD is in it already', async () => {
    fake.player.card = { ...fake.player.card, aheadMs: 300, stepMs: 20 };
    const link = await connect();
    const [first, second] = [media(3), media()];
    const cue = await started(link, first, soon(0), second);
    await report(link, 'a measurement');
    const { position_seconds, at_us } = await link.next('playback', 'on', (fact) => fact.ref === second.ref);
    const due = (at_us - (cue.at_us + 3e6)) / 1e6;
    expect(Math.abs(position_seconds - due) * 1000).toBeLessThan(BUSY_MS);
  });
});

describe('keeping to a timeline', () => {
  it('comes back by itself after a stall, and says so', async () => {
    const link = await connect();
    const cue = await started(link, media());
    await report(link, 'in phase', (fact) => Math.abs(fact.skew_ms) < BUSY_MS);
    fake.player.stall(800);
    const corrected = await report(link, 'a correction', (fact) => fact.correction !== undefined);
    expect(corrected.correction).toMatchObject({ kind: 'restart' });
    expect(corrected.skew_ms).toBeLessThan(-700);
    await until(
      'in phase again',
      () => fake.player.state === 'play' && Math.abs(heardAheadMs(cue)) < BUSY_MS,
    );
  });

  it('does not touch the music for what is less than a tenth of a second', async () => {
    const link = await connect();
    await started(link, media());
    await report(link, 'in phase');
    const before = said('seekid').length;
    fake.player.stall(70);
    link.forget();
    await report(link, 'late', (fact) => fact.skew_ms < -30);
    expect(said('seekid')).toHaveLength(before);
  });

  it('believes the music and not the length that a file claims', async () => {
    const link = await connect();
    const [first, second] = [media(4), media()];
    fake.player.believed.set(first.relative_path ?? '', 5.5);
    await started(link, first, soon(0), second);
    await report(link, 'a measurement of the first');
    await link.next('playback', 'on', (fact) => fact.ref === second.ref);
    const before = said('pause').length;
    link.forget();
    const after = await report(link, 'a measurement of the second');
    expect(Math.abs(after.skew_ms)).toBeLessThan(BUSY_MS);
    expect(said('pause')).toHaveLength(before);
  });

  it('takes the timeline of the next item when that plays', async () => {
    const link = await connect();
    const [first, second] = [media(3), media()];
    const cue = await started(link, first, soon(0), second);
    const at_us = cue.at_us + 3e6 - 60_000;
    await link.run({ type: 'follow', ref: second.ref, cue: { position_seconds: 0, at_us } });
    await link.next('playback', 'on', (fact) => fact.ref === second.ref);
    link.forget();
    const { skew_ms } = await report(link, 'late by what was put in');
    expect(Math.abs(skew_ms + 60)).toBeLessThan(40);
  });

  it('leaves a pause by somebody else alone, and rejoins when they play on', async () => {
    const link = await connect();
    const cue = await started(link, media());
    await report(link, 'in phase');
    fake.player.pause(true);
    await link.next('playback', 'paused', (fact) => fact.status === 'paused');
    await pause(1500);
    expect(fake.player.state).toBe('pause');
    fake.player.pause(false);
    await report(link, 'a correction', (fact) => fact.correction !== undefined);
    await until(
      'in phase again',
      () => fake.player.state === 'play' && Math.abs(heardAheadMs(cue)) < BUSY_MS,
    );
  });

  it('looks at MPD only now and then', async () => {
    const link = await connect();
    await started(link, media());
    await report(link, 'a measurement');
    const before = said('status').length;
    const from = performance.now();
    await pause(5000);
    const perSecond = ((said('status').length - before) * 1000) / (performance.now() - from);
    expect(perSecond).toBeLessThan(5);
  });

  it('asks no more once it is let go', async () => {
    const link = await connect();
    await started(link, media());
    await link.run({ type: 'follow' });
    const before = said('status').length;
    await pause(1500);
    expect(said('status').length - before).toBeLessThan(5);
  });
});

describe('replacing what follows', () => {
  it('does not cut off the old one when MPD went on to it meanwhile', async () => {
    const link = await connect();
    const [first, second, third] = [media(), media(), media(2)];
    await link.run({ type: 'load', media: first, next: second, position_seconds: 0, playing: true });
    await until('the second in the queue', () => fake.player.queue.length === 2);
    await link.next('playback', 'playing', (fact) => fact.ref === first.ref && fact.rate > 0);
    fake.meanwhile = ([name]) => {
      if (name !== 'addid') return;
      fake.meanwhile = () => undefined;
      fake.player.goOn();
    };
    await link.run({ type: 'preload', next: third });
    await link.next('playback', 'the second', (fact) => fact.ref === second.ref);
    await link.link.probe(AbortSignal.timeout(5000));
    expect(fake.player.current()[0]).toBe(`file: ${second.relative_path}`);
    expect(fake.player.queue.map((song) => song.uri)).toEqual([second.relative_path, third.relative_path]);
  });
});
