import { expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.js';
import type { Cue, Fact, Media } from '../../src/players/index.js';
import type { Bench } from './driver-rig.js';
import { pause, type DrivenLink, type FactOf } from './driven-link.js';

const TOLERANCE_MS = 30;
const LEAD_MS = 250;
/** Between a command and its cue, besides the player's lead: what a busy machine takes to say it. */
const SLACK_MS = 250;
/** What loading costs must be spent before `load` resolves: a start from there may be late on a busy machine, not by this much. */
const PROMPT_SECONDS = 1;
/** At most four a second, and two more for what was corrected meanwhile. */
const REPORTS_A_SECOND = 4;

/** Proves what the contract says about times. Facts are held against the cue's line, so a machine that stalls decides nothing. */
export function timingTests(bench: Bench): void {
  playing(bench);
  if (bench.lacks.has('timing')) return;
  if (!bench.lacks.has('pause')) {
    starting(bench);
    cancelling(bench);
  }
  loading(bench);
  if (!bench.lacks.has('seek')) seeking(bench);
  following(bench);
}

/** Where the cue's line is at a moment. */
function on(cue: Cue, us: number): number {
  return cue.position_seconds + (us - cue.at_us) / 1e6;
}

/** How far ahead of the cue's line a fact puts the player. */
function aheadMs(cue: Cue, fact: FactOf<'playback'>): number {
  return (fact.position_seconds - on(cue, fact.at_us)) * 1000;
}

function toleranceMs(bench: Bench): number {
  return bench.rig.toleranceMs ?? TOLERANCE_MS;
}

/** A moment that leaves the player its lead. */
function cueAt(player: DrivenLink, position_seconds: number, moreMs = 0): Cue {
  const lead = player.last('info')?.lead_ms ?? LEAD_MS;
  return { position_seconds, at_us: systemClock.nowUs() + (lead + SLACK_MS + moreMs) * 1000 };
}

function sounding(player: DrivenLink): FactOf<'playback'>[] {
  return player
    .since()
    .filter((fact): fact is FactOf<'playback'> => fact.type === 'playback' && fact.rate > 0);
}

/** Resolves when the player says that it is on the cue's line. */
async function onCue(bench: Bench, player: DrivenLink, media: Media, cue: Cue): Promise<FactOf<'playback'>> {
  return player.next(
    'playback',
    `${media.ref} within ${toleranceMs(bench)} ms of ${JSON.stringify(cue)}`,
    (fact) => fact.ref === media.ref && fact.rate > 0 && Math.abs(aheadMs(cue, fact)) <= toleranceMs(bench),
  );
}

/** It comes to the cue, was never ahead of it on the way, and is there still a little later. */
async function keepsCue(bench: Bench, player: DrivenLink, media: Media, cue: Cue): Promise<void> {
  await onCue(bench, player, media, cue);
  await passes(cue, 0.8);
  for (const fact of sounding(player)) expect(aheadMs(cue, fact)).toBeLessThanOrEqual(toleranceMs(bench));
  staysOn(bench, player, cue);
}

/** The last that it said puts it on the cue's line. */
function staysOn(bench: Bench, player: DrivenLink, cue: Cue): void {
  const last = player.last('playback');
  expect(last?.rate).toBe(1);
  expect(last && Math.abs(aheadMs(cue, last))).toBeLessThanOrEqual(toleranceMs(bench));
}

/** Resolves when the cue's moment is so many seconds ago. */
async function passes(cue: Cue, seconds: number): Promise<void> {
  while (systemClock.nowUs() < cue.at_us + seconds * 1e6) await pause(10);
}

async function prepared(bench: Bench, media: Media, position_seconds: number): Promise<DrivenLink> {
  const player = await bench.connect();
  await player.next('info', 'info');
  await player.run({ type: 'load', media, position_seconds, playing: false });
  return player;
}

/** Loaded and playing on a cue. */
async function cued(bench: Bench, media: Media, next?: Media): Promise<[DrivenLink, Cue]> {
  const player = await bench.connect();
  await player.next('info', 'info');
  const cue = cueAt(player, 0, 200);
  const { at_us, position_seconds } = cue;
  await player.run({ type: 'load', media, position_seconds, playing: true, at_us, ...(next && { next }) });
  await onCue(bench, player, media, cue);
  return [player, cue];
}

/** Holds for a player that ignores times, too. */
function playing(bench: Bench): void {
  it('plays what is loaded with a time', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 4 });
    const player = await bench.connect();
    const { position_seconds, at_us } = cueAt(player, 0);
    await player.run({ type: 'load', media, position_seconds, playing: true, at_us });
    await player.next('playback', 'playing', (fact) => fact.ref === media.ref && fact.status === 'playing');
  });

  it('does not begin to play when it is told what to follow', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 4 });
    const player = await bench.connect();
    const cue = { position_seconds: 0, at_us: systemClock.nowUs() };
    await player.run({ type: 'follow', ref: media.ref, cue });
    expect(sounding(player)).toEqual([]);
    if (bench.lacks.has('pause')) return;
    await player.run({ type: 'load', media, position_seconds: 0, playing: false });
    await player.next('playback', 'paused', (fact) => fact.ref === media.ref && fact.status === 'paused');
    await player.run({ type: 'follow', ref: media.ref, cue: { position_seconds: 1, at_us: cue.at_us } });
    await passes({ position_seconds: 0, at_us: systemClock.nowUs() }, 0.7);
    expect(sounding(player)).toEqual([]);
    expect(player.last('playback')?.status).toBe('paused');
  });
}

function starting(bench: Bench): void {
  it('starts at the moment it is told, from where it was prepared', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 4 });
    const player = await prepared(bench, media, 1);
    const cue = cueAt(player, 1);
    await player.run({ type: 'play', cue });
    await keepsCue(bench, player, media, cue);
    const first = sounding(player)[0];
    expect(first?.position_seconds).toBeLessThan(1 + PROMPT_SECONDS);
  });

  it('starts at the moment it is told, from another place than it was prepared for', async () => {
    const media = await bench.rig.makeMedia(9, { seconds: 14 });
    const player = await prepared(bench, media, 0);
    const cue = cueAt(player, 6.5);
    await player.run({ type: 'play', cue });
    await keepsCue(bench, player, media, cue);
  });

  it('begins where the music is by now when the moment has passed', async () => {
    const media = await bench.rig.makeMedia(9, { seconds: 14 });
    const player = await prepared(bench, media, 2);
    const cue = { position_seconds: 2, at_us: systemClock.nowUs() - 3e6 };
    await player.run({ type: 'play', cue });
    await keepsCue(bench, player, media, cue);
  });

  it('starts at once when told to play without a time, and where it stood', async () => {
    const media = await bench.rig.makeMedia(9, { seconds: 14 });
    const [player, cue] = await cued(bench, media);
    await player.run({ type: 'pause' });
    const paused = await player.next('playback', 'paused', (fact) => fact.status === 'paused');
    await passes(cue, 2);
    await player.run({ type: 'play' });
    const playback = await player.next('playback', 'playing', (fact) => fact.status === 'playing');
    expect(playback.position_seconds).toBeLessThan(paused.position_seconds + PROMPT_SECONDS);
  });
}

function cancelling(bench: Bench): void {
  it('stays silent when it is paused before the moment it was told to start', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 4 });
    const player = await prepared(bench, media, 0);
    const cue = cueAt(player, 0, 500);
    await player.run({ type: 'play', cue });
    await player.run({ type: 'pause' });
    await passes(cue, 0.5);
    expect(sounding(player)).toEqual([]);
    expect(player.last('playback')?.rate).toBe(0);
  });

  it('stays silent when it is stopped before the moment it was told to start', async () => {
    const media = await bench.rig.makeMedia(1, { seconds: 4 });
    const player = await prepared(bench, media, 0);
    const cue = cueAt(player, 0, 500);
    await player.run({ type: 'play', cue });
    await player.run({ type: 'stop' });
    await passes(cue, 0.5);
    expect(sounding(player)).toEqual([]);
    expect(player.last('playback')?.ref).toBeUndefined();
  });

  it('obeys the last of several times', async () => {
    const media = await bench.rig.makeMedia(9, { seconds: 14 });
    const player = await prepared(bench, media, 0);
    const [first, second] = [cueAt(player, 0, 300), cueAt(player, 5, 600)];
    await player.run({ type: 'play', cue: first });
    await player.run({ type: 'play', cue: second });
    await onCue(bench, player, media, second);
    await passes(second, 0.8);
    staysOn(bench, player, second);
  });
}

function loading(bench: Bench): void {
  it('is at the position at the moment that a load names', async () => {
    const media = await bench.rig.makeMedia(9, { seconds: 14 });
    const player = await bench.connect();
    await player.next('info', 'info');
    const cue = cueAt(player, bench.lacks.has('seek') ? 0 : 3, 300);
    await player.run({ type: 'load', media, playing: true, ...cue });
    await keepsCue(bench, player, media, cue);
  });

  it('replaces what plays at the moment that a load names', async () => {
    const [first, second] = [await bench.rig.makeMedia(9, { seconds: 14 }), await bench.rig.makeMedia(2)];
    const [player] = await cued(bench, first);
    const cue = cueAt(player, 0, 300);
    await player.run({ type: 'load', media: second, playing: true, ...cue });
    await onCue(bench, player, second, cue);
    expect(player.facts.filter((fact) => fact.type === 'ended')).toEqual([]);
  });

  if (bench.lacks.has('seek')) return;

  it('begins where the music is by now when the moment of a load has passed', async () => {
    const media = await bench.rig.makeMedia(9, { seconds: 14 });
    const player = await bench.connect();
    const cue = { position_seconds: 1, at_us: systemClock.nowUs() - 2e6 };
    await player.run({ type: 'load', media, playing: true, ...cue });
    await keepsCue(bench, player, media, cue);
  });
}

function seeking(bench: Bench): void {
  it('is at the position at the moment that a seek names', async () => {
    const media = await bench.rig.makeMedia(9, { seconds: 14 });
    const [player] = await cued(bench, media);
    const cue = cueAt(player, 7);
    await player.run({ type: 'seek', ...cue });
    await onCue(bench, player, media, cue);
    await passes(cue, 0.8);
    staysOn(bench, player, cue);
  });
}

function following(bench: Bench): void {
  if (!bench.lacks.has('gapless')) {
    it('goes on to the next one where the length of the first one says', async () => {
      const [first, second] = [
        await bench.rig.makeMedia(1, { seconds: 2 }),
        await bench.rig.makeMedia(2, { seconds: 4 }),
      ];
      const [player, cue] = await cued(bench, first, second);
      await player.run({ type: 'follow', ref: first.ref, cue });
      const then = { position_seconds: 0, at_us: cue.at_us + 2e6 };
      await onCue(bench, player, second, then);
    });
  }

  if (!bench.lacks.has('seek')) {
    it('comes to a timeline that is far from where it plays, and is not moved by that of other media', async () => {
      const media = await bench.rig.makeMedia(9, { seconds: 14 });
      const [player, cue] = await cued(bench, media);
      await player.run({ type: 'follow', ref: 'other', cue: { ...cue, position_seconds: 7 } });
      await passes(cue, 1);
      staysOn(bench, player, cue);
      const other = { ...cue, position_seconds: 2 };
      await player.run({ type: 'follow', ref: media.ref, cue: other });
      await onCue(bench, player, media, other);
    });
  }

  if (!bench.lacks.has('skew')) reporting(bench);
}

function reporting(bench: Bench): void {
  const reports = (facts: readonly Fact[]): FactOf<'sync'>[] => facts.filter((fact) => fact.type === 'sync');

  it('says how far off it is while it follows, at most four times a second', async () => {
    const media = await bench.rig.makeMedia(9, { seconds: 14 });
    const [player, cue] = await cued(bench, media);
    await player.run({ type: 'follow', ref: media.ref, cue });
    const report = await player.next('sync', 'a first report');
    expect(Math.abs(report.skew_ms)).toBeLessThanOrEqual(toleranceMs(bench) + report.error_ms);
    const from = player.facts.length;
    const seconds = 2;
    await passes({ position_seconds: 0, at_us: systemClock.nowUs() }, seconds);
    const plain = reports(player.facts.slice(from)).filter((fact) => fact.correction === undefined);
    expect(plain.length).toBeLessThanOrEqual(REPORTS_A_SECOND * seconds + 2);
  });

  it('says nothing about skew when it plays on its own', async () => {
    const media = await bench.rig.makeMedia(9, { seconds: 14 });
    const player = await bench.connect();
    await player.run({ type: 'load', media, position_seconds: 0, playing: true });
    await player.next('playback', 'playing', (fact) => fact.ref === media.ref && fact.rate > 0);
    await player.reaches(1.5);
    expect(reports(player.facts)).toEqual([]);
  });

  it('says no more about skew when it is let go, and plays on', async () => {
    const media = await bench.rig.makeMedia(9, { seconds: 14 });
    const [player, cue] = await cued(bench, media);
    await player.run({ type: 'follow', ref: media.ref, cue });
    await player.next('sync', 'a first report');
    await player.run({ type: 'follow' });
    player.forget();
    await player.reaches(player.projected() + 1.5);
    expect(reports(player.since())).toEqual([]);
    expect(player.last('playback')).toMatchObject({ ref: media.ref, rate: 1 });
  });
}
