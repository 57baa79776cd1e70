import { expect, it } from 'vitest';
import type { Bench } from './driver-rig.js';
import type { DrivenLink } from './driven-link.js';
import type { Media } from '../../src/players/index.js';

const EXACT_SECONDS = 0.05;
/** Between our clock and the player's, on a busy machine. */
const LOOSE_SECONDS = 0.4;

function near(actual: number, wanted: number, tolerance: number): void {
  expect(Math.abs(actual - wanted), `${actual} s instead of ${wanted} s`).toBeLessThanOrEqual(tolerance);
}

async function loaded(bench: Bench, media: Media, at: number, playing: boolean): Promise<DrivenLink> {
  const player = await bench.connect();
  await player.run({ type: 'load', media, position_seconds: at, playing });
  const status = playing ? 'playing' : 'paused';
  await player.next('playback', status, (fact) => fact.ref === media.ref && fact.status === status);
  return player;
}

export function playbackTests(bench: Bench): void {
  loading(bench);
  if (!bench.lacks.has('pause')) pausing(bench);
  if (!bench.lacks.has('seek')) seeking(bench);
  stopping(bench);
  anchoring(bench);
}

function loading(bench: Bench): void {
  it('plays what is loaded, and says which, from where and how fast', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 3 });
    const player = await loaded(bench, media, 0, true);
    const playback = player.last('playback');
    expect(playback).toMatchObject({ ref: media.ref, status: 'playing', rate: 1 });
    near(playback?.position_seconds ?? -1, 0, LOOSE_SECONDS);
  });

  it('tells the duration of what it plays', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 3 });
    const player = await loaded(bench, media, 0, true);
    const playback = await player.next(
      'playback',
      'a duration',
      (fact) => fact.duration_seconds !== undefined,
    );
    near(playback.duration_seconds ?? 0, 3, 0.1);
  });

  it('replaces what plays by what is loaded, without calling the first one ended', async () => {
    const [first, second] = [await bench.rig.makeMedia(1), await bench.rig.makeMedia(2)];
    const player = await loaded(bench, first, 0, true);
    await player.run({ type: 'load', media: second, position_seconds: 0, playing: true });
    await player.next(
      'playback',
      'the second',
      (fact) => fact.ref === second.ref && fact.status === 'playing',
    );
    expect(player.facts.filter((fact) => fact.type === 'ended')).toEqual([]);
  });

  it('obeys the last of several loads sent at once', async () => {
    const all = [await bench.rig.makeMedia(1), await bench.rig.makeMedia(2), await bench.rig.makeMedia(3)];
    const player = await bench.connect();
    await Promise.all(
      all.map((media) => player.run({ type: 'load', media, position_seconds: 0, playing: true })),
    );
    await player.next(
      'playback',
      'the last',
      (fact) => fact.ref === all[2]?.ref && fact.status === 'playing',
    );
    expect(player.last('playback')?.ref).toBe(all[2]?.ref);
  });
}

function pausing(bench: Bench): void {
  it('loads without playing', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 3 });
    const player = await loaded(bench, media, 0, false);
    expect(player.last('playback')).toMatchObject({ status: 'paused', rate: 0, ref: media.ref });
    near(player.last('playback')?.position_seconds ?? -1, 0, EXACT_SECONDS);
  });

  it('pauses and plays on from the same place', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 4 });
    const player = await loaded(bench, media, 0, true);
    await player.reaches(0.5);
    await player.run({ type: 'pause' });
    const paused = await player.next('playback', 'paused', (fact) => fact.status === 'paused');
    expect(paused.ref).toBe(media.ref);
    await player.run({ type: 'play' });
    const playing = await player.next('playback', 'playing', (fact) => fact.status === 'playing');
    expect(playing).toMatchObject({ ref: media.ref, rate: 1 });
    near(playing.position_seconds, paused.position_seconds, LOOSE_SECONDS);
  });

  it('reports positions that move with the clock', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 4 });
    const player = await loaded(bench, media, 0, true);
    await player.reaches(1);
    const expected = player.projected();
    await player.run({ type: 'pause' });
    const paused = await player.next('playback', 'paused', (fact) => fact.status === 'paused');
    near(paused.position_seconds, expected, LOOSE_SECONDS);
  });
}

function seeking(bench: Bench): void {
  it('loads at a position', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 4 });
    const player = await loaded(bench, media, 1.5, true);
    near(player.projected(), 1.5, LOOSE_SECONDS);
  });

  if (bench.lacks.has('pause')) return;

  it('loads paused at a position, to the ms', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 3 });
    const player = await loaded(bench, media, 1.234, false);
    const playback = await player.next('playback', 'at 1.234', (fact) => fact.position_seconds > 1);
    expect(playback.status).toBe('paused');
    near(playback.position_seconds, 1.234, EXACT_SECONDS);
  });

  it('seeks to the ms while paused', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 3 });
    const player = await loaded(bench, media, 0, false);
    for (const wanted of [2.125, 0.777]) {
      await player.run({ type: 'seek', position_seconds: wanted });
      const moved = (at: number): boolean => Math.abs(at - wanted) <= EXACT_SECONDS;
      const playback = await player.next('playback', `at ${wanted}`, (fact) => moved(fact.position_seconds));
      expect(playback).toMatchObject({ status: 'paused', ref: media.ref });
    }
  });

  it('seeks while playing, and plays on from there', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 4 });
    const player = await loaded(bench, media, 0, true);
    await player.run({ type: 'seek', position_seconds: 2.5 });
    await player.next('playback', 'at 2.5', (fact) => fact.position_seconds >= 2.4 && fact.rate === 1);
    near(player.projected(), 2.5, LOOSE_SECONDS);
  });

  it('takes seeks in quick succession and ends where the last one went', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 4 });
    const player = await loaded(bench, media, 1, false);
    const all = Array.from({ length: 12 }, (_, n) => ((n * 5) % 12) / 4);
    await Promise.all(
      all.map((to) =>
        player.link.execute({ type: 'seek', position_seconds: to }, AbortSignal.timeout(15_000)),
      ),
    );
    const last = all.at(-1) ?? 0;
    const there = (at: number): boolean => Math.abs(at - last) <= EXACT_SECONDS;
    await player.next('playback', `at ${last}`, (fact) => there(fact.position_seconds));
    await player.run({ type: 'seek', position_seconds: 0.25 });
    await player.next(
      'playback',
      'at 0.25',
      (fact) => Math.abs(fact.position_seconds - 0.25) <= EXACT_SECONDS,
    );
  });

  it('reports a playback fact for every seek, also where the position stays', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 3 });
    const player = await loaded(bench, media, 1, false);
    await player.run({ type: 'seek', position_seconds: 1.5 });
    await player.next('playback', 'after the seek', (fact) => Math.abs(fact.position_seconds - 1.5) < 0.06);
  });
}

function stopping(bench: Bench): void {
  it('forgets what was loaded when stopped', async () => {
    const media = await bench.rig.makeMedia(1);
    const player = await loaded(bench, media, 0, true);
    await player.run({ type: 'stop' });
    const stopped = await player.next('playback', 'no ref', (fact) => fact.ref === undefined);
    expect(stopped).toMatchObject({ status: 'stopped', rate: 0 });
    expect(player.facts.filter((fact) => fact.type === 'ended')).toEqual([]);
  });

  it('takes a stop when nothing is loaded', async () => {
    const player = await bench.connect();
    await player.run({ type: 'stop' });
    await player.link.probe(AbortSignal.timeout(5000));
  });
}

function anchoring(bench: Bench): void {
  it('reports where it is at least every 10 s while playing', async () => {
    const media = await bench.rig.makeMedia(9, { seconds: 14 });
    const player = await loaded(bench, media, 0, true);
    await player.reaches(1.5);
    player.forget();
    const again = await player.next('playback', 'an anchor within 10 s', (fact) => fact.ref === media.ref);
    expect(again.position_seconds).toBeLessThan(12.5);
  });
}
