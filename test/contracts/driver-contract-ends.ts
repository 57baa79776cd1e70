import { expect, it } from 'vitest';
import type { Fact, Media } from '../../src/players/index.js';
import type { Bench } from './driver-rig.js';
import type { DrivenLink } from './driven-link.js';

/** Of a short one nothing more may be heard than that it is over: a busy machine looks late. */
const load = (player: DrivenLink, media: Media, next?: Media, at = 0): Promise<void> =>
  player.run({ type: 'load', media, position_seconds: at, playing: true, ...(next && { next }) });

async function play(player: DrivenLink, media: Media, next?: Media, at = 0): Promise<void> {
  await load(player, media, next, at);
  await player.next('playback', 'playing', (fact) => fact.ref === media.ref && fact.status === 'playing');
}

/** Waits since the load, whatever commands came between. */
function ended(player: DrivenLink, media: Media, reason: 'finished' | 'failed'): Promise<Fact> {
  return player.next(
    'ended',
    `${reason} ${media.ref}`,
    (fact) => fact.ref === media.ref && fact.reason === reason,
  );
}

/** The player went on by itself. It may have played to the end already when a busy machine lets it say so. */
const plays = (player: DrivenLink, media: Media): Promise<Fact> =>
  player.next('playback', `on to ${media.ref}`, (fact) => fact.ref === media.ref);

const endings = (player: DrivenLink): readonly Fact[] => player.facts.filter((fact) => fact.type === 'ended');

export function endTests(bench: Bench): void {
  it('says finished, once, when the end is reached and nothing follows', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 1 });
    const player = await bench.connect();
    await load(player, media);
    await ended(player, media, 'finished');
    await player.next('playback', 'nothing loaded', (fact) => fact.ref === undefined && fact.rate === 0);
    expect(endings(player)).toHaveLength(1);
  });

  it('plays again after an end', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 1 });
    const player = await bench.connect();
    await load(player, media);
    await ended(player, media, 'finished');
    await play(player, await bench.rig.makeMedia(2));
  });

  if (!bench.lacks.has('gapless')) following(bench);
  if (!bench.lacks.has('broken-media')) failing(bench);
}

function following(bench: Bench): void {
  it('goes on to the next without calling the first one ended', async () => {
    const first = await bench.rig.makeMedia(1, { seconds: 1 });
    const second = await bench.rig.makeMedia(2, { seconds: 4 });
    const player = await bench.connect();
    await load(player, first, second);
    await player.next('playback', 'the second', (fact) => fact.ref === second.ref && fact.rate === 1);
    expect(endings(player)).toEqual([]);
  });

  it('goes on to what was preloaded while it played, again and again', async () => {
    const all: Media[] = [];
    for (const n of [1, 2, 3]) all.push(await bench.rig.makeMedia(n, { seconds: 2 }));
    const [first, second, third] = all as [Media, Media, Media];
    const player = await bench.connect();
    await play(player, first);
    await player.run({ type: 'preload', next: second });
    await plays(player, second);
    await player.run({ type: 'preload', next: third });
    await plays(player, third);
    await ended(player, third, 'finished');
    expect(endings(player)).toHaveLength(1);
  });

  it('plays the replacement when the preloaded media is replaced', async () => {
    const [first, second] = [await bench.rig.makeMedia(1, { seconds: 2 }), await bench.rig.makeMedia(2)];
    const third = await bench.rig.makeMedia(3);
    const player = await bench.connect();
    await play(player, first, second);
    await player.run({ type: 'preload', next: third });
    await plays(player, third);
    expect(player.facts.some((fact) => fact.type === 'playback' && fact.ref === second.ref)).toBe(false);
    expect(endings(player)).toEqual([]);
  });

  it('plays nothing after the first when the preloaded media is taken away', async () => {
    const [first, second] = [await bench.rig.makeMedia(1, { seconds: 2 }), await bench.rig.makeMedia(2)];
    const player = await bench.connect();
    await play(player, first, second);
    await player.run({ type: 'preload' });
    await ended(player, first, 'finished');
    expect(player.facts.some((fact) => fact.type === 'playback' && fact.ref === second.ref)).toBe(false);
  });

  it('does not disturb what plays when the next one changes', async () => {
    const [first, second] = [await bench.rig.makeMedia(1, { seconds: 4 }), await bench.rig.makeMedia(2)];
    const player = await bench.connect();
    await play(player, first);
    await player.reaches(0.5);
    const before = player.projected();
    await player.run({ type: 'preload', next: second });
    await player.run({ type: 'preload', next: await bench.rig.makeMedia(3) });
    await player.run({ type: 'preload' });
    await player.run({ type: 'pause' });
    const paused = await player.next('playback', 'paused', (fact) => fact.status === 'paused');
    expect(paused.ref).toBe(first.ref);
    expect(paused.position_seconds).toBeGreaterThan(before - 0.4);
  });

  it('tells two items with the same file apart', async () => {
    const first = await bench.rig.makeMedia(1, { seconds: 1 });
    const second = { ...first, ref: `${first.ref}-again` };
    const player = await bench.connect();
    await load(player, first, second);
    await plays(player, second);
    expect(endings(player)).toEqual([]);
    await ended(player, second, 'finished');
  });
}

function failing(bench: Bench): void {
  it('says failed, and why, for media that cannot be played', async () => {
    const broken = await bench.rig.makeMedia(7, { broken: true });
    const player = await bench.connect();
    await player.run({ type: 'load', media: broken, position_seconds: 0, playing: true });
    await ended(player, broken, 'failed');
    await player.next('playback', 'nothing loaded', (fact) => fact.ref === undefined && fact.rate === 0);
    expect(endings(player)).toHaveLength(1);
  });

  if (bench.lacks.has('gapless')) return;

  it('goes on to the next when the first cannot be played', async () => {
    const [broken, second] = [await bench.rig.makeMedia(7, { broken: true }), await bench.rig.makeMedia(2)];
    const player = await bench.connect();
    await player.run({ type: 'load', media: broken, next: second, position_seconds: 0, playing: true });
    await ended(player, broken, 'failed');
    await plays(player, second);
    expect(endings(player)).toHaveLength(1);
  });

  it('says failed when the preloaded media turns out to be unplayable', async () => {
    const [first, broken] = [
      await bench.rig.makeMedia(1, { seconds: 1 }),
      await bench.rig.makeMedia(7, { broken: true }),
    ];
    const player = await bench.connect();
    await load(player, first, broken);
    await plays(player, broken);
    await ended(player, broken, 'failed');
    await player.next('playback', 'nothing loaded', (fact) => fact.ref === undefined && fact.rate === 0);
    expect(endings(player)).toHaveLength(1);
  });
}
