import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../until.js';
import { CastRig } from './chromecast-rig.js';

let rig: CastRig;

beforeEach(async () => {
  rig = await CastRig.start();
});

afterEach(async () => {
  await rig.close();
});

describe('other people at a Chromecast', () => {
  it('are seen when they open another app, and their music is not touched', async () => {
    const link = await rig.connect();
    const media = await rig.tone(1, 4);
    await rig.play(link, media);
    link.forget();
    await rig.receiver.takeOver('Radio Five', 'The News');
    const control = await link.next('control', 'elsewhere', (fact) => fact.elsewhere);
    expect(control.foreign).toMatchObject({ title: 'The News', status: 'playing' });
    await link.next('playback', 'nothing of ours', (fact) => fact.ref === undefined);
    for (const type of ['play', 'pause'] as const) {
      await expect(link.run({ type })).rejects.toMatchObject({ code: 'ERR_CONTROLLED_ELSEWHERE' });
    }
    const load = link.run({ type: 'load', media, position_seconds: 0, playing: true });
    await expect(load).rejects.toMatchObject({ code: 'ERR_CONTROLLED_ELSEWHERE' });
    expect(rig.receiver.app).toBe('A0B1C2D3');
    expect(link.facts.filter((fact) => fact.type === 'ended')).toEqual([]);
  });

  it('leave, and it is ours again', async () => {
    const link = await rig.connect();
    await rig.receiver.takeOver('Radio Five', 'The News');
    await link.next('control', 'elsewhere', (fact) => fact.elsewhere);
    link.forget();
    await rig.receiver.quitApp();
    await link.next('control', 'free', (fact) => !fact.elsewhere);
    await rig.play(link, await rig.tone(1, 4));
  });

  it('are silenced by take-over, whichever app they use', async () => {
    const link = await rig.connect();
    await rig.receiver.takeOver('Radio Five', 'The News');
    await link.next('control', 'elsewhere', (fact) => fact.elsewhere);
    await link.run({ type: 'take-over' });
    expect(link.last('control')?.elsewhere).toBe(false);
    expect(rig.receiver.app).toBeUndefined();
    await rig.receiver.loadElsewhere(rig.url(await rig.tone(2, 4)), 'Theirs');
    await link.next('control', 'elsewhere', (fact) => fact.elsewhere);
    await link.run({ type: 'take-over' });
    await link.next('control', 'free', (fact) => !fact.elsewhere);
    expect(rig.receiver.media.playing).toBeUndefined();
    await rig.play(link, await rig.tone(1, 4));
  });

  it('are seen when they use the same app', async () => {
    const link = await rig.connect();
    await rig.play(link, await rig.tone(1, 4));
    link.forget();
    const theirs = rig.url(await rig.tone(2, 4));
    await rig.receiver.loadElsewhere(theirs, 'Theirs');
    const control = await link.next('control', 'elsewhere', (fact) => fact.elsewhere);
    expect(control.foreign).toMatchObject({ title: 'Theirs', artist: 'Somebody' });
    await link.run({ type: 'stop' });
    expect(rig.receiver.media.playing).toBe(theirs);
    expect(link.facts.filter((fact) => fact.type === 'ended')).toEqual([]);
  });

  it('stop our music: nothing is loaded, and nothing has ended', async () => {
    const link = await rig.connect();
    await rig.play(link, await rig.tone(1, 4));
    link.forget();
    await rig.receiver.quitApp();
    await link.next('playback', 'nothing', (fact) => fact.ref === undefined && fact.status === 'stopped');
    expect(link.facts.filter((fact) => fact.type === 'ended')).toEqual([]);
    expect(link.last('control')?.elsewhere).toBe(false);
  });

  it('turn the knob, and it shows', async () => {
    const link = await rig.connect();
    rig.receiver.turnVolume(0.8);
    await link.next('volume', '0.8', (fact) => fact.volume === 0.8 && !fact.muted);
    rig.receiver.turnVolume(0.8, true);
    await link.next('volume', 'muted', (fact) => fact.muted);
  });
});

describe('what a Chromecast has', () => {
  it('is no volume where that is set at the amplifier', async () => {
    await rig.close();
    rig = await CastRig.start({ fixedVolume: true });
    const link = await rig.connect();
    expect(link.last('info')?.capabilities).toEqual(['seek', 'pause', 'gapless', 'radio']);
    expect(link.last('volume')).toMatchObject({ muted: false });
    expect(link.last('volume')?.volume).toBeUndefined();
    const volume = link.run({ type: 'volume', volume: 0.2 });
    await expect(volume).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });

  it('is told before the first volume', async () => {
    const link = await rig.connect();
    const types = link.facts.map(({ type }) => type);
    expect(types.indexOf('info')).toBeLessThan(types.indexOf('volume'));
  });

  it('is a queue that does not grow with what has played', async () => {
    const link = await rig.connect();
    const all = [await rig.tone(1, 1), await rig.tone(2, 1), await rig.tone(3, 4)] as const;
    await rig.play(link, all[0], all[1]);
    await link.next('playback', 'the second', (fact) => fact.ref === all[1].ref);
    await link.run({ type: 'preload', next: all[2] });
    await link.next('playback', 'the third', (fact) => fact.ref === all[2].ref && fact.rate === 1);
    await until('one item', () => rig.receiver.media.itemCount === 1);
  });

  it('is what we say of a track, and where it gets it', async () => {
    const link = await rig.connect();
    const media = { ...(await rig.tone(1, 4)), artwork_path: '/artwork/cover' };
    await rig.play(link, media);
    const load = rig.receiver.requests('LOAD')[0]?.payload;
    expect(load).toMatchObject({
      autoplay: true,
      currentTime: 0,
      media: {
        contentId: rig.url(media),
        contentType: 'audio/flac',
        streamType: 'BUFFERED',
        metadata: {
          metadataType: 3,
          title: 'Tone 1',
          artist: 'The Oscillators',
          albumName: 'Sines',
          images: [{ url: `http://127.0.0.1:${rig.web.port}/artwork/cover?size=1080` }],
        },
      },
    });
  });

  it('is ours only with our memory', async () => {
    const link = await rig.connect();
    const media = await rig.tone(9, 14);
    await rig.play(link, media);
    await link.close();
    const another = await rig.connect();
    expect(another.last('control')).toMatchObject({ elsewhere: true, foreign: { title: 'Tone 9' } });
    const again = await rig.connect(link.memory);
    expect(again.last('playback')).toMatchObject({ ref: media.ref, status: 'playing' });
    expect(again.last('control')?.elsewhere).toBe(false);
  });

  it('is nothing of its own before it is told to play', async () => {
    await rig.connect();
    expect(rig.receiver.requests('LAUNCH')).toEqual([]);
  });
});
