import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepTone, TONE_ID, TONE_SECONDS } from '../../src/alarms/index.js';
import { LibraryRig } from './library-rig.js';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-tone-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('[AL4] the tone of alarms', () => {
  it('is a WAV of a minute that is neither silent nor clipped', async () => {
    const wav = await readFile((await keepTone([dir])) ?? '');
    expect([wav.toString('latin1', 0, 4), wav.toString('latin1', 8, 12)]).toEqual(['RIFF', 'WAVE']);
    const rate = wav.readUInt32LE(24);
    expect((wav.length - 44) / 2 / rate).toBe(TONE_SECONDS);
    const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length));
    const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    expect(loudest).toBeGreaterThan(10_000);
    expect(loudest).toBeLessThan(20_000);
  });
  it('is made once, and anew when a power cut tore it', async () => {
    const path = (await keepTone([dir])) ?? '';
    const { mtimeMs, size } = await stat(path);
    expect((await stat((await keepTone([dir])) ?? '')).mtimeMs).toBe(mtimeMs);
    await truncate(path, 1000);
    await keepTone([dir]);
    expect((await stat(path)).size).toBe(size);
  });
  it('lies elsewhere when its folder cannot be written', async () => {
    await writeFile(join(dir, 'file'), '');
    const path = await keepTone([join(dir, 'file', 'below'), join(dir, 'other')]);
    expect(path).toBe(join(dir, 'other', `${TONE_ID}.wav`));
    expect(await keepTone([join(dir, 'file', 'below')])).toBeUndefined();
  });
  it('is queued and played like a track by every kind of player, and no list shows it', async () => {
    const path = (await keepTone([dir])) ?? '';
    const own = [{ track_id: TONE_ID, path, codec: 'wav', title: 'Alarm', duration_seconds: TONE_SECONDS }];
    const rig = await LibraryRig.open(dir, { own });
    try {
      const [item] = rig.library.items({ track_ids: [TONE_ID] });
      expect(item).toEqual({ track_id: TONE_ID, title: 'Alarm', duration_seconds: TONE_SECONDS });
      const file = rig.library.file(TONE_ID, 'all');
      expect(file).toMatchObject({ path, duration_seconds: TONE_SECONDS });
      const media = rig.library.media(file!.url_path.slice('/media/'.length));
      expect(media).toMatchObject({ path, mime: 'audio/wav', transcode: undefined });
      expect(rig.library.file(TONE_ID, ['mp3'])?.url_path).toMatch(/\.mp3$/);
      expect(rig.library.track(TONE_ID)).toBeUndefined();
    } finally {
      await rig.close();
    }
  });
});
