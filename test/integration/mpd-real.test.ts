import { randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MpdConnection } from '../../drivers/mpd/client.js';
import { mpd as definition } from '../../drivers/mpd/index.js';
import { systemClock } from '../../src/base/index.js';
import type { Media } from '../../src/players/index.js';
import { DrivenLink, pause } from '../contracts/driven-link.js';
import { MediaFolder } from '../contracts/media-files.js';
import { serveMedia, startRadio, type MediaServer } from '../fakes/fake-mpd-media.js';
import { startMpd, type RunningMpd } from '../fakes/real-mpd.js';

const run = promisify(execFile);
const soon = (): AbortSignal => AbortSignal.timeout(20_000);

let music: MediaFolder;
let outside: MediaFolder;
let web: MediaServer;
const links: DrivenLink[] = [];
const players: RunningMpd[] = [];

interface Choice {
  readonly memory?: unknown;
  readonly options?: Readonly<Record<string, unknown>>;
}

async function connect(player: RunningMpd, choice: Choice = {}): Promise<DrivenLink> {
  const link = await DrivenLink.connect({
    definition,
    options: { host: player.host, port: player.port, ...choice.options },
    runtimeDir: '/nonexistent',
    httpPort: web.port,
    memory: choice.memory,
  });
  links.push(link);
  return link;
}

async function start(choice: Partial<Parameters<typeof startMpd>[0]> = {}): Promise<RunningMpd> {
  const player = await startMpd({ musicDir: music.dir, ...choice });
  players.push(player);
  return player;
}

async function load(player: DrivenLink, media: Media, next?: Media, playing = true): Promise<void> {
  await player.run({ type: 'load', media, position_seconds: 0, playing, ...(next && { next }) });
  const status = playing ? 'playing' : 'paused';
  await player.next(
    'playback',
    `${status} ${media.title}`,
    (fact) => fact.ref === media.ref && fact.status === status,
  );
}

/** A plain connection, as another client of MPD has it. */
async function raw(player: RunningMpd): Promise<MpdConnection> {
  return MpdConnection.open({ host: player.host, port: player.port }, systemClock, soon());
}

/** The queue by file name, as mpc sees it. */
async function queueOf(player: RunningMpd): Promise<string[]> {
  return (await player.mpc('-f', '%file%', 'playlist')).split('\n').filter((line) => line !== '');
}

beforeAll(async () => {
  music = await MediaFolder.create();
  outside = await MediaFolder.create();
  web = await serveMedia(outside.dir);
  for (const n of [1, 2, 3, 4]) await music.tone(n, { seconds: 6 });
});

afterEach(async () => {
  const violations: string[] = [];
  for (const link of links.splice(0)) {
    await link.close();
    violations.push(...link.violations);
  }
  for (const player of players.splice(0)) await player.stop();
  expect(violations).toEqual([]);
});

afterAll(async () => {
  await web.close();
  await music.remove();
  await outside.remove();
});

describe('how MPD opens our music', () => {
  it('plays names and tags with quotes, backslashes, blanks and any script', async () => {
    const names = [
      `it's "quoted".flac`,
      'back\\slash.flac',
      ' Ünï çødé/日本 – 🎵.flac',
      'e\u0301 decomposed.flac',
      '#1 50% & more?.flac',
    ];
    const media: Media[] = [];
    for (const [n, name] of names.entries())
      media.push(await music.tone(n, { name, tags: { title: `"${name}` } }));
    const player = await start();
    await player.update();
    const link = await connect(player, { options: { shares_music: true } });
    for (const item of media) {
      await load(link, item);
      expect((await player.mpc('-f', '%file%', 'current')).replace(/\n$/, '')).toBe(item.relative_path);
    }
  });

  it('fetches by HTTP, with title and artist, what its own folder does not have', async () => {
    const player = await start();
    const link = await connect(player);
    const media = await outside.tone(5, {
      name: 'só "far".flac',
      tags: { title: 'Só "far" \\ away', artist: 'Ærø' },
    });
    await load(link, media);
    expect(web.asked).toContain('/só "far".flac');
    expect(await player.mpc('-f', '%artist% / %title%', 'current')).toBe('Ærø / Só "far" \\ away\n');
  });

  it('fetches by HTTP when its own file of that name has another length', async () => {
    const player = await start();
    await music.tone(1, { name: 'twin.flac', seconds: 6 });
    await player.update();
    const link = await connect(player);
    const twin = await outside.tone(2, { name: 'twin.flac', seconds: 2 });
    await load(link, twin);
    expect(web.asked).toContain('/twin.flac');
  });

  it('opens our own file over its unix socket', async () => {
    const player = await start();
    const link = await connect(player, { options: { socket: player.socket } });
    const { url_path: _, ...media } = await outside.tone(6);
    await load(link, media);
    expect((await player.mpc('-f', '%file%', 'current')).trim()).toBe(media.path);
  });

  it('uses its own file again once its database has it', async () => {
    const player = await start();
    await player.update();
    const link = await connect(player);
    const late = await music.tone(7, { name: 'late.flac' });
    const { url_path: _, ...media } = late;
    await link.run({ type: 'load', media, position_seconds: 0, playing: true });
    await link.next('ended', 'not playable yet', (fact) => fact.reason === 'failed');
    await player.update();
    await load(link, media);
  });

  it('plays a radio stream and reports its titles', async () => {
    const mp3 = join(outside.dir, 'loop.mp3');
    await run('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', 'sine=duration=4', '-b:a', '128k', mp3]);
    const radio = await startRadio(await readFile(mp3), 'First Song');
    const player = await start();
    const link = await connect(player);
    await link.run({
      type: 'load',
      media: { ref: 'radio', url: radio.url, title: 'Radio', live: true },
      position_seconds: 30,
      playing: true,
    });
    const first = await link.next('playback', 'a title', (fact) => fact.stream_title === 'First Song');
    expect(first).toMatchObject({ ref: 'radio' });
    expect(first.duration_seconds).toBeUndefined();
    radio.announce(`Ol' Song`);
    await link.next('playback', 'the next title', (fact) => fact.stream_title === `Ol' Song`);
    await expect(link.run({ type: 'seek', position_seconds: 3 })).rejects.toMatchObject({
      code: 'ERR_NOT_SEEKABLE',
    });
    await radio.close();
  });
});

describe('passwords', () => {
  const password = `pass "wörd" \\x`.replaceAll('"', '');

  it('signs in with a password', async () => {
    const player = await start({ password: 'gehéim' });
    const link = await connect(player, { options: { password: 'gehéim' } });
    await load(link, await music.tone(1, { seconds: 6 }));
  });

  it.each([
    ['a wrong one', password],
    ['none', undefined],
  ])('refuses %s with a code of its own', async (_, wrong) => {
    const player = await start({ password: 'secret' });
    const options = wrong === undefined ? {} : { password: wrong };
    await expect(connect(player, { options })).rejects.toMatchObject({ code: 'ERR_PLAYER_PASSWORD' });
  });
});

describe('what other clients do', () => {
  it('appears as facts', async () => {
    const player = await start();
    const link = await connect(player);
    const [first, second] = [await music.tone(1, { seconds: 6 }), await music.tone(2, { seconds: 6 })];
    await load(link, first, second);
    await pause(600);
    const times: string[] = [];
    const after = async (what: string, args: string[], fact: () => Promise<unknown>): Promise<void> => {
      link.forget();
      const started = performance.now();
      let arrived = 0;
      const seen = fact().then(() => (arrived = performance.now()));
      await player.mpc('-q', ...args);
      const done = performance.now();
      await seen;
      times.push(
        `${what}: ${(arrived - started).toFixed(1)} ms after mpc was started, mpc took ${(done - started).toFixed(1)}`,
      );
    };
    await after('volume', ['volume', '42'], () => link.next('volume', '42', (fact) => fact.volume === 0.42));
    await after('pause', ['pause'], () =>
      link.next('playback', 'paused', (fact) => fact.status === 'paused'),
    );
    await after('play', ['play'], () =>
      link.next('playback', 'playing', (fact) => fact.status === 'playing'),
    );
    await after('seek', ['seek', '4'], () =>
      link.next('playback', 'at 4', (fact) => Math.abs(fact.position_seconds - 4) < 0.3),
    );
    await after('next', ['next'], () => link.next('playback', 'next', (fact) => fact.ref === second.ref));
    await after('output', ['enable', 'spare'], () =>
      link.next('outputs', 'spare on', (fact) =>
        fact.outputs.some((output) => output.name === 'spare' && output.active),
      ),
    );
    console.log(times.join('\n'));
  });

  it('ends a mute when they turn the volume up', async () => {
    const player = await start();
    const link = await connect(player);
    await link.run({ type: 'volume', volume: 0.7 });
    await link.run({ type: 'mute', muted: true });
    await link.next('volume', 'muted', (fact) => fact.muted && fact.volume === 0.7);
    await player.mpc('-q', 'volume', '20');
    const now = await link.next('volume', 'not muted', (fact) => !fact.muted);
    expect(now.volume).toBe(0.2);
  });

  it('is no end of the song when they stop it, and it is ours again when they play it', async () => {
    const player = await start();
    const link = await connect(player);
    const media = await music.tone(1, { seconds: 6 });
    await load(link, media);
    await player.mpc('-q', 'stop');
    await link.next('playback', 'stopped', (fact) => fact.status === 'stopped' && fact.ref === undefined);
    expect(link.facts.filter((fact) => fact.type === 'ended')).toEqual([]);
    link.forget();
    await player.mpc('-q', 'play');
    await link.next('playback', 'playing', (fact) => fact.ref === media.ref && fact.status === 'playing');
    await player.mpc('-q', 'stop');
    await link.next('playback', 'stopped', (fact) => fact.status === 'stopped');
    await link.run({ type: 'play' });
    await link.next('playback', 'playing', (fact) => fact.ref === media.ref && fact.status === 'playing');
  });

  it('is no end of the song when they clear the queue', async () => {
    const player = await start();
    const link = await connect(player);
    await load(link, await music.tone(1, { seconds: 6 }));
    await player.mpc('-q', 'clear');
    await link.next('playback', 'nothing of ours', (fact) => fact.ref === undefined);
    expect(link.facts.filter((fact) => fact.type === 'ended')).toEqual([]);
  });

  it('is shown as controlled elsewhere when they play something, and stopped by a take-over', async () => {
    const player = await start();
    const link = await connect(player);
    await player.mpc('-q', 'add', 'tone-3-6s.flac');
    await load(link, await music.tone(1, { seconds: 6 }), await music.tone(2, { seconds: 6 }));
    link.forget();
    await player.mpc('-q', 'play', '1');
    const { foreign } = await link.next('control', 'elsewhere', (fact) => fact.elsewhere);
    expect(foreign).toMatchObject({ title: 'Tone 3', artist: 'The Oscillators', status: 'playing' });
    expect(link.last('playback')).toMatchObject({ status: 'stopped', rate: 0 });
    expect(link.last('playback')?.ref).toBeUndefined();
    expect(await queueOf(player)).toEqual(['tone-3-6s.flac']);
    await expect(link.run({ type: 'pause' })).rejects.toMatchObject({ code: 'ERR_CONTROLLED_ELSEWHERE' });
    await link.run({ type: 'take-over' });
    await link.next('control', 'ours', (fact) => !fact.elsewhere);
    expect(await player.mpc('status')).not.toContain('[playing]');
    expect(await queueOf(player)).toEqual(['tone-3-6s.flac']);
  });

  it('is seen already when the link is made', async () => {
    const player = await start();
    await player.mpc('-q', 'add', 'tone-3-6s.flac');
    await player.mpc('-q', 'play');
    await player.mpc('-q', 'pause');
    const link = await connect(player);
    const { elsewhere, foreign } = await link.next('control', 'control');
    expect(elsewhere).toBe(true);
    expect(foreign?.status).toBe('paused');
  });

  it('keeps their queue and play options through our load and stop', async () => {
    const player = await start();
    await player.mpc('-q', 'add', 'tone-3-6s.flac');
    await player.mpc('-q', 'add', 'tone-4-6s.flac');
    for (const option of ['random', 'repeat', 'consume', 'single']) await player.mpc('-q', option, 'on');
    const before = await player.mpc('-f', '%id% %file%', 'playlist');
    const link = await connect(player);
    await load(link, await music.tone(1, { seconds: 6 }), await music.tone(2, { seconds: 6 }));
    expect(await player.mpc('status')).toMatch(/repeat: off {3}random: off {3}single: off {3}consume: off/);
    await link.run({ type: 'stop' });
    await link.next('playback', 'stopped', (fact) => fact.ref === undefined);
    expect(await player.mpc('-f', '%id% %file%', 'playlist')).toBe(before);
    expect(await player.mpc('status')).toMatch(/repeat: on {4}random: on {4}single: on {4}consume: on/);
  });

  it('does not come between our songs, nor after them, when they add to the queue', async () => {
    const player = await start();
    await music.tone(1, { seconds: 1 });
    await player.update();
    const link = await connect(player);
    const [first, second] = [await music.tone(1, { seconds: 6 }), await music.tone(1, { seconds: 1 })];
    await load(link, first);
    await player.mpc('-q', 'add', 'tone-3-6s.flac');
    await link.run({ type: 'preload', next: second });
    await player.mpc('-q', 'add', 'tone-4-6s.flac');
    await link.run({ type: 'seek', position_seconds: 5.5 });
    await link.next('playback', 'our second', (fact) => fact.ref === second.ref);
    await link.next('ended', 'our end', (fact) => fact.ref === second.ref && fact.reason === 'finished');
    expect(await queueOf(player)).toEqual(['tone-3-6s.flac', 'tone-4-6s.flac']);
    expect(link.facts.filter((fact) => fact.type === 'control' && fact.elsewhere)).toEqual([]);
  });

  it('is survived when they delete what follows', async () => {
    const player = await start();
    await music.tone(1, { seconds: 1 });
    await player.update();
    const link = await connect(player);
    const [first, second] = [await music.tone(1, { seconds: 1 }), await music.tone(2, { seconds: 6 })];
    await load(link, first, second);
    while ((await queueOf(player)).length < 2) await pause(10);
    await player.mpc('-q', 'del', '2');
    await link.next('ended', 'our end', (fact) => fact.ref === first.ref && fact.reason === 'finished');
    expect(await queueOf(player)).toEqual([]);
  });

  it('does not change the order we play in when they switch to random', async () => {
    const player = await start();
    const link = await connect(player);
    await load(link, await music.tone(1, { seconds: 6 }));
    await player.mpc('-q', 'random', 'on');
    const other = await raw(player);
    const random = async (): Promise<string | undefined> =>
      (await other.request('status')).pairs.find(([key]) => key === 'random')?.[1];
    while ((await random()) !== '0') await pause(10);
    await link.run({ type: 'stop' });
    expect(await random()).toBe('1');
    other.close();
  });
});

describe('restarts', () => {
  it('finds our song by its URI after a restart of MPD gave it another id', async () => {
    const player = await start();
    const link = await connect(player);
    const [first, second] = [await music.tone(1, { seconds: 6 }), await music.tone(2, { seconds: 6 })];
    await player.mpc('-q', 'add', 'tone-3-6s.flac');
    await load(link, await music.tone(4, { seconds: 6 }));
    await load(link, first, second);
    await pause(200);
    const memory = link.memory;
    await player.kill('SIGTERM');
    await link.link.closed;
    await player.restart();
    const again = await connect(player, { memory });
    const playback = await again.next('playback', 'our song', (fact) => fact.ref === first.ref);
    expect(['playing', 'loading']).toContain(playback.status);
    await again.run({ type: 'seek', position_seconds: 5.7 });
    await again.next('playback', 'the next', (fact) => fact.ref === second.ref);
    await again.run({ type: 'stop' });
    expect(await queueOf(player)).toEqual(['tone-3-6s.flac']);
  });

  it('reports on return what ended while nobody watched', async () => {
    const player = await start();
    const link = await connect(player);
    const media = await music.tone(1, { seconds: 1 });
    await player.update();
    await load(link, media);
    await link.close();
    while ((await player.mpc('status')).includes('[playing]')) await pause(50);
    const again = await connect(player, { memory: link.memory });
    await again.next('ended', 'finished', (fact) => fact.ref === media.ref && fact.reason === 'finished');
    expect(await queueOf(player)).toEqual([]);
  });

  it('does not take a stranger for ours that got the id of our song', async () => {
    const player = await start();
    const link = await connect(player);
    await load(link, await music.tone(1, { seconds: 6 }));
    const song = { ref: 'old', id: '1', uri: 'gone.flac', live: false };
    await link.close();
    const again = await connect(player, { memory: { current: song, options: {} } });
    expect(again.last('control')?.elsewhere).toBe(true);
    expect(again.last('playback')?.ref).toBeUndefined();
    expect(await queueOf(player)).toEqual(['tone-1-6s.flac']);
  });

  it('stays muted over a reconnect', async () => {
    const player = await start();
    const link = await connect(player);
    await link.run({ type: 'volume', volume: 0.55 });
    await link.run({ type: 'mute', muted: true });
    await link.close();
    const again = await connect(player, { memory: link.memory });
    expect(again.last('volume')).toMatchObject({ muted: true, volume: 0.55 });
    await again.run({ type: 'mute', muted: false });
    await again.next('volume', 'loud again', (fact) => !fact.muted && fact.volume === 0.55);
  });

  it('is over when MPD is killed', async () => {
    const player = await start();
    const link = await connect(player);
    await load(link, await music.tone(1, { seconds: 6 }));
    await player.kill('SIGKILL');
    expect(await link.link.closed).toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
  });
});

describe('limits', () => {
  it('says so when the output cannot be opened, and takes it back when it can', async () => {
    const output = ['audio_output {', 'type "alsa"', 'name "gone"', 'device "hw:99"', '}'];
    const player = await start({ lines: output });
    await player.mpc('enable', 'only', 'gone');
    const link = await connect(player);
    await link.run({
      type: 'load',
      media: await music.tone(1, { seconds: 6 }),
      position_seconds: 0,
      playing: true,
    });
    const fact = await link.next('problem', 'the output', ({ message }) => message !== undefined);
    expect(fact).toMatchObject({ type: 'problem', message: expect.stringContaining('gone') as string });
    await player.mpc('enable', 'only', 'spare');
    await link.run({ type: 'play' });
    await link.next('problem', 'all is well', ({ message }) => message === undefined);
  });

  it('has neither volume nor mute without a mixer', async () => {
    const player = await start({ mixer: false });
    const link = await connect(player);
    expect(link.last('info')?.capabilities).not.toContain('volume');
    expect(link.last('volume')).toEqual({ type: 'volume', muted: false });
    await expect(link.run({ type: 'volume', volume: 0.5 })).rejects.toMatchObject({
      code: 'ERR_NOT_SUPPORTED',
    });
  });

  it('plays beside a foreign queue of 10,000 songs', async () => {
    const player = await start();
    const other = await raw(player);
    const link = await connect(player);
    const media = [await music.tone(1, { seconds: 6 }), await music.tone(2, { seconds: 6 })] as const;
    const timed = async (item: Media): Promise<number> => {
      const started = performance.now();
      await load(link, item);
      return performance.now() - started;
    };
    const alone = await timed(media[0]);
    await link.run({ type: 'stop' });
    await other.list(
      Array.from({ length: 10_000 }, (_, n) => ['addid', `http://127.0.0.1:1/${n}.flac`] as const),
    );
    const beside = await timed(media[1]);
    await link.run({ type: 'stop' });
    console.log(`load to playing: ${alone.toFixed(1)} ms alone, ${beside.toFixed(1)} ms beside 10,000 songs`);
    expect(await queueOf(player)).toHaveLength(10_000);
    other.close();
  });

  it('reads binary chunks byte for byte, between texts', async () => {
    const cover = randomBytes(300_000);
    await mkdir(join(music.dir, 'with cover'), { recursive: true });
    await writeFile(join(music.dir, 'with cover', 'cover.png'), cover);
    await music.tone(1, { name: 'with cover/ü.flac' });
    const player = await start();
    await player.update();
    const other = await raw(player);
    const parts: Buffer[] = [];
    for (let at = 0; at < cover.length; at += parts.at(-1)?.length ?? 0) {
      const [listing, art] = await Promise.all([
        other.request('lsinfo', 'with cover'),
        other.request('albumart', 'with cover/ü.flac', String(at)),
        other.request('ping'),
      ]);
      expect(listing.pairs).toContainEqual(['file', 'with cover/ü.flac']);
      parts.push(art.binary ?? Buffer.alloc(0));
      if (parts.at(-1)?.length === 0) break;
    }
    expect(Buffer.concat(parts).equals(cover)).toBe(true);
    other.close();
  });

  it('answers a volume command quickly', async () => {
    const player = await start();
    const link = await connect(player);
    const times: number[] = [];
    for (let n = 0; n < 2000; n++) {
      const started = performance.now();
      await link.link.execute({ type: 'volume', volume: (n % 100) / 100 }, soon());
      times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    const at = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(3);
    console.log(`volume over TCP loopback: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms`);
    await link.next('volume', 'the last volume', (fact) => fact.volume === 0.99);
  });
});

/** The samples of several files, one after the other, as ffmpeg decodes them. */
async function decoded(...media: readonly Media[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (const { path } of media) {
    const args = ['-v', 'error', '-i', path ?? '', '-f', 's16le', '-'];
    parts.push((await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 1 << 26 })).stdout);
  }
  return Buffer.concat(parts);
}

describe('what is heard', () => {
  /** An MPD in real time whose sound is also written to a file as 44.1 kHz 16 bit stereo. */
  async function captured(): Promise<{ player: RunningMpd; frames: () => Promise<number>; file: string }> {
    const file = join(outside.dir, `capture-${randomBytes(4).toString('hex')}.pcm`);
    const lines = [
      'audio_output {',
      'type "pipe"',
      'name "capture"',
      `command "cat > ${file}"`,
      'format "44100:16:2"',
      '}',
    ];
    const player = await start({ lines });
    const frames = async (): Promise<number> => (await stat(file).catch(() => ({ size: 0 }))).size / 4;
    return { player, frames, file };
  }

  it('is two albums without a single sample missing or added', async () => {
    const { player, file } = await captured();
    await player.update();
    const link = await connect(player);
    const tracks: Media[] = [];
    for (const album of ['One', 'Two']) {
      for (const n of [1, 2, 3]) tracks.push(await music.tone(n, { name: `${album}/${n}.flac`, seconds: 2 }));
    }
    await player.update();
    const [first] = tracks as [Media];
    await load(link, first);
    for (const next of tracks.slice(1)) {
      await link.run({ type: 'preload', next });
      await link.next('playback', next.ref, (fact) => fact.ref === next.ref);
    }
    await link.next(
      'ended',
      'the end',
      (fact) => fact.ref === tracks.at(-1)?.ref && fact.reason === 'finished',
    );
    expect(link.facts.filter((fact) => fact.type === 'ended')).toHaveLength(1);
    await link.run({ type: 'stop' });
    await link.close();
    await player.kill('SIGTERM');
    const pcm = await readFile(file);
    expect(pcm.length / 4).toBe(6 * 2 * 44_100);
    expect(pcm.equals(await decoded(...tracks))).toBe(true);
    await rm(file);
  });

  it('is not disturbed, to the bit, when what follows is replaced again and again', async () => {
    const { player, file } = await captured();
    const tracks: Media[] = [];
    for (const n of [1, 2, 3]) tracks.push(await music.tone(n, { name: `Swap/${n}.flac`, seconds: 6 }));
    await player.update();
    const [first, second, third] = tracks as [Media, Media, Media];
    const link = await connect(player);
    await load(link, first, second);
    for (const at of [0.3, 0.8, 1.2, 1.6, 2]) {
      await link.reaches(at);
      await link.run({ type: 'preload', next: at === 0.8 || at === 1.6 ? second : third });
    }
    await link.next('playback', 'the third', (fact) => fact.ref === third.ref);
    await link.next('ended', 'the end', (fact) => fact.ref === third.ref);
    await link.close();
    await player.kill('SIGTERM');
    expect((await readFile(file)).equals(await decoded(first, third))).toBe(true);
    await rm(file);
  });

  it('is next to nothing when an item is loaded paused', async () => {
    const { player, frames } = await captured();
    const link = await connect(player);
    await load(link, await music.tone(1, { seconds: 6 }), undefined, false);
    await pause(300);
    await player.kill('SIGTERM');
    console.log(`loaded paused: ${((await frames()) / 44.1).toFixed(1)} ms of sound`);
    expect(await frames()).toBeLessThan(44_100);
  });
});
