import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.js';
import type { Cue, Media } from '../../src/players/index.js';
import type { DrivenLink } from '../contracts/driven-link.js';
import { until } from '../until.js';
import { CastRig } from './chromecast-rig.js';

let rig: CastRig;

beforeEach(async () => {
  rig = await CastRig.start();
});

afterEach(async () => {
  await rig.close();
});

function cueIn(ms: number): Cue {
  return { position_seconds: 0, at_us: systemClock.nowUs() + ms * 1000 };
}

/** Prepared, and started on a cue that leaves it its lead. */
async function start(link: DrivenLink, media: Media): Promise<Cue> {
  await link.run({ type: 'load', media, position_seconds: 0, playing: false });
  const cue = cueIn((link.last('info')?.lead_ms ?? 0) + 300);
  await link.run({ type: 'play', cue });
  return cue;
}

describe('a Chromecast that keeps to a timeline', () => {
  it('learns how long it takes to start, and starts earlier by that the next time', async () => {
    rig.receiver.media.startDelayMs = 400;
    const link = await rig.connect();
    const media = await rig.tone(9, 14);
    await start(link, media);
    await link.next('memory', 'a latency', (fact) => JSON.stringify(fact.value).includes('start_ms'));
    const info = link.last('info');
    expect(info?.lead_ms).toBeGreaterThanOrEqual(700);
    const again = await rig.connect(link.memory);
    await again.run({ type: 'stop' });
    const cue = await start(again, media);
    const first = await again.next('playback', 'playing', (fact) => fact.rate > 0);
    const late_ms = (cue.position_seconds - first.position_seconds) * 1000 + (first.at_us - cue.at_us) / 1000;
    expect(Math.abs(late_ms)).toBeLessThan(150);
  });

  it('tells its skew as an estimate that knows its limits', async () => {
    const link = await rig.connect();
    await start(link, await rig.tone(9, 14));
    const sync = await link.next('sync', 'an estimate');
    expect(sync.estimated).toBe(true);
    expect(sync.error_ms).toBeGreaterThanOrEqual(25);
  });

  it('is brought back by its speed where it can change it', async () => {
    const link = await rig.connect();
    const media = await rig.tone(9, 14);
    const cue = await start(link, media);
    await link.next('sync', 'an estimate');
    const ahead = { ...cue, position_seconds: 0.3 };
    await link.run({ type: 'follow', ref: media.ref, cue: ahead });
    const sync = await link.next('sync', 'a correction', (fact) => fact.correction !== undefined);
    expect(sync.correction?.kind).toBe('rate');
    await link.next('playback', 'faster', (fact) => fact.rate > 1.01);
    await link.next('playback', 'at its own speed again', (fact) => fact.rate === 1);
    await link.next('sync', 'together', (fact) => Math.abs(fact.skew_ms) < 60);
  });

  it('is brought back by a jump where it cannot', async () => {
    rig.receiver.media.canRate = false;
    const link = await rig.connect();
    const media = await rig.tone(9, 14);
    const cue = await start(link, media);
    await link.next('sync', 'an estimate');
    const ahead = { ...cue, position_seconds: 0.3 };
    await link.run({ type: 'follow', ref: media.ref, cue: ahead });
    const sync = await link.next('sync', 'a correction', (fact) => fact.correction !== undefined);
    expect(sync.correction?.kind).toBe('seek');
    expect(rig.receiver.requests('SET_PLAYBACK_RATE')).toEqual([]);
  });

  it('does not keep the speed of a correction when its link is closed', async () => {
    const link = await rig.connect();
    const media = await rig.tone(9, 14);
    const cue = await start(link, media);
    await link.next('sync', 'an estimate');
    await link.run({ type: 'follow', ref: media.ref, cue: { ...cue, position_seconds: 0.3 } });
    await link.next('sync', 'a correction', (fact) => fact.correction !== undefined);
    await link.close();
    const rates = rig.receiver.requests('SET_PLAYBACK_RATE').map(({ payload }) => payload['playbackRate']);
    expect(rates.at(-1)).toBe(1);
  });

  it('puts back a speed that a link before left behind', async () => {
    const link = await rig.connect();
    const media = await rig.tone(9, 14);
    const cue = await start(link, media);
    await link.next('sync', 'an estimate');
    await link.run({ type: 'follow', ref: media.ref, cue: { ...cue, position_seconds: 0.3 } });
    await link.next('playback', 'faster', (fact) => fact.rate > 1.01);
    rig.receiver.dropConnections();
    await link.link.closed;
    const again = await rig.connect(link.memory);
    await until('its own speed', () => {
      const rates = rig.receiver.requests('SET_PLAYBACK_RATE').map(({ payload }) => payload['playbackRate']);
      return rates.length > 1 && rates.at(-1) === 1;
    });
    await again.next('playback', 'at its own speed', (fact) => fact.rate === 1);
  });
});
