import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { local } from '../../drivers/local/index.js';
import { socketPath } from '../../drivers/local/process.js';
import type { Media } from '../../src/players/index.js';
import { DrivenLink } from '../contracts/driven-link.js';
import { MediaFolder } from '../contracts/media-files.js';
import { Radio } from '../fakes/radio.js';
import { killMpvs, mpvsOf, until } from './local-rig.js';

let music: MediaFolder;
let runtimeDir = '';
let links: DrivenLink[] = [];

beforeAll(async () => {
  music = await MediaFolder.create();
});
afterAll(() => music.remove());

beforeEach(async () => {
  runtimeDir = await mkdtemp(join(tmpdir(), 'tutti-run-'));
});

afterEach(async () => {
  for (const link of links) await link.close();
  links = [];
  await killMpvs(runtimeDir);
  await rm(runtimeDir, { recursive: true, force: true });
});

async function connect(
  more: { memory?: unknown; options?: object; signal?: AbortSignal } = {},
): Promise<DrivenLink> {
  const { options, ...rest } = more;
  const all = { ao: 'null', ...options };
  const link = await DrivenLink.connect({ definition: local, options: all, runtimeDir, ...rest });
  links.push(link);
  return link;
}

async function playing(link: DrivenLink, media: Media): Promise<void> {
  await link.run({ type: 'load', media, position_seconds: 0, playing: true });
  await link.next('playback', 'it plays', (fact) => fact.ref === media.ref && fact.status === 'playing');
}

const longTone = (): Promise<Media> => music.tone(1, { seconds: 30 });
/** Stops a process, and waits until each of its threads stands. */
async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await until('every thread to stand', async () => {
    const threads = await readdir(`/proc/${pid}/task`);
    const states = await Promise.all(threads.map((id) => readFile(`/proc/${pid}/task/${id}/stat`, 'utf8')));
    return states.every((state) => /\) T/.test(state));
  });
}

const soon = (): AbortSignal => AbortSignal.timeout(300);

describe('an mpv that dies, hangs or was left behind', () => {
  it('is replaced after it was killed, with the volume it had', async () => {
    const link = await connect();
    await link.run({ type: 'volume', volume: 0.4 });
    await playing(link, await longTone());
    await killMpvs(runtimeDir);
    expect(await link.link.closed).toBeInstanceOf(Error);
    const again = await connect({ memory: link.memory });
    expect(again.last('playback')).toMatchObject({ status: 'stopped', rate: 0 });
    expect(again.last('volume')?.volume).toBeCloseTo(0.4, 5);
  });

  it('does not answer a probe while it is stopped, and goes on playing afterwards', async () => {
    const link = await connect();
    const media = await longTone();
    await playing(link, media);
    const [pid = 0] = await mpvsOf(runtimeDir);
    await freeze(pid);
    await expect(link.link.probe(soon())).rejects.toThrow();
    process.kill(pid, 'SIGCONT');
    await link.link.probe(AbortSignal.timeout(5000));
  });

  it('is replaced by the next link when it stays stopped', async () => {
    const link = await connect();
    await playing(link, await longTone());
    const [pid = 0] = await mpvsOf(runtimeDir);
    await freeze(pid);
    await link.close();
    const again = await connect({ memory: link.memory });
    expect(again.last('playback')).toMatchObject({ status: 'stopped' });
    const now = await mpvsOf(runtimeDir);
    expect(now).toHaveLength(1);
    expect(now).not.toContain(pid);
  });

  it('is not left behind by a close with nothing loaded', async () => {
    const link = await connect();
    await link.close();
    expect(await mpvsOf(runtimeDir)).toEqual([]);
  });

  it('is kept, paused, by a close while it is paused', async () => {
    const link = await connect();
    const media = await longTone();
    await link.run({ type: 'load', media, position_seconds: 3.5, playing: false });
    await link.next('playback', 'paused', (fact) => fact.status === 'paused');
    await link.close();
    const again = await connect({ memory: link.memory });
    const playback = again.last('playback');
    expect(playback).toMatchObject({ ref: media.ref, status: 'paused', rate: 0 });
    expect(playback?.position_seconds).toBeCloseTo(3.5, 2);
  });

  it('is known again without any memory, and also what follows in it', async () => {
    const [first, second] = [await music.tone(1, { seconds: 2 }), await music.tone(2)];
    const link = await connect();
    await link.run({ type: 'load', media: first, next: second, position_seconds: 0, playing: true });
    await link.next('playback', 'it plays', (fact) => fact.ref === first.ref && fact.status === 'playing');
    await link.close();
    const again = await connect();
    expect(again.last('playback')).toMatchObject({ ref: first.ref, status: 'playing' });
    await again.next('playback', 'the next', (fact) => fact.ref === second.ref && fact.status === 'playing');
  });

  it('is kept while it plays, also when the options changed meanwhile', async () => {
    const link = await connect({ options: { replaygain: 'album' } });
    await playing(link, await longTone());
    await link.close();
    const before = await mpvsOf(runtimeDir);
    const again = await connect({ options: { replaygain: 'track' } });
    expect(await mpvsOf(runtimeDir)).toEqual(before);
    expect(again.last('playback')?.status).toBe('playing');
  });

  it('is renewed when the options changed and nothing is loaded', async () => {
    const link = await connect({ options: { replaygain: 'album' } });
    const before = await mpvsOf(runtimeDir);
    await connect({ options: { replaygain: 'album' } });
    expect(await mpvsOf(runtimeDir)).toEqual(before);
    await connect({ options: { replaygain: 'track' } });
    await link.link.closed;
    const now = await mpvsOf(runtimeDir);
    expect(now).toHaveLength(1);
    expect(now).not.toEqual(before);
  });

  it('is never a second one: two links take up the same', async () => {
    const link = await connect();
    await playing(link, await longTone());
    const other = await connect();
    expect(other.last('playback')?.status).toBe('playing');
    expect(await mpvsOf(runtimeDir)).toHaveLength(1);
  });
});

describe('a place that is not right', () => {
  it('says that mpv is missing', async () => {
    const connecting = connect({ options: { program: '/nowhere/mpv' } });
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
    await expect(connecting).rejects.toThrow('apt install mpv');
  });

  it('says that mpv ends at once', async () => {
    const program = join(runtimeDir, 'mpv-broken');
    await writeFile(program, '#!/bin/sh\nexit 3\n', { mode: 0o755 });
    const connecting = connect({ options: { program } });
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
    await expect(connecting).rejects.toThrow('3');
  });

  it('refuses a runtime folder that others can enter', async () => {
    await chmod(runtimeDir, 0o755);
    await expect(connect()).rejects.toMatchObject({ code: 'ERR_INTERNAL' });
    expect(await mpvsOf(runtimeDir)).toEqual([]);
  });

  it('passes over a socket that nobody listens on any more', async () => {
    await writeFile(socketPath(runtimeDir, 'player-under-test'), '');
    const link = await connect();
    await link.link.probe(AbortSignal.timeout(5000));
  });

  it('does not take something else on the socket for mpv, and kills nothing that is not', async () => {
    const path = socketPath(runtimeDir, 'player-under-test');
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('220 hello\n');
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const link = await connect();
    await link.link.probe(AbortSignal.timeout(5000));
    expect(await mpvsOf(runtimeDir)).toHaveLength(1);
    server.close();
  });

  it('leaves no mpv behind when connecting is given up on the way', async () => {
    const controller = new AbortController();
    const connecting = connect({ signal: controller.signal });
    await until('mpv to be started', async () => (await mpvsOf(runtimeDir)).length > 0);
    controller.abort(new Error('changed my mind'));
    await connecting.catch(() => undefined);
    for (const link of links) await link.close();
    await until('mpv to be gone', async () => (await mpvsOf(runtimeDir)).length === 0);
  });
});

describe('commands at the wrong moment', () => {
  it('seeks in what is still loading as soon as it has loaded', async () => {
    const link = await connect();
    const media = await longTone();
    const run = [
      link.link.execute(
        { type: 'load', media, position_seconds: 0, playing: true },
        AbortSignal.timeout(5000),
      ),
      link.link.execute({ type: 'seek', position_seconds: 12 }, AbortSignal.timeout(5000)),
    ];
    await Promise.all(run);
    await link.next(
      'playback',
      'at 12 s',
      (fact) => fact.status === 'playing' && fact.position_seconds >= 11.9,
    );
  });

  it('refuses to seek when nothing is loaded', async () => {
    const link = await connect();
    await expect(link.run({ type: 'seek', position_seconds: 1 })).rejects.toMatchObject({
      code: 'ERR_PLAYER_REFUSED',
    });
  });

  it('does not begin what is preloaded when nothing plays', async () => {
    const link = await connect();
    await link.run({ type: 'preload', next: await music.tone(1) });
    await link.link.probe(AbortSignal.timeout(5000));
    expect(link.last('playback')).toMatchObject({ status: 'stopped' });
  });

  it('does not switch off the only output', async () => {
    const link = await connect();
    const off = link.run({ type: 'output', output_id: 'auto', active: false });
    await expect(off).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });

  it('plays the first although the next cannot be handed over', async () => {
    const link = await connect();
    const media = await longTone();
    const next = { ref: 'nowhere', title: 'x', live: false };
    await link.run({ type: 'load', media, next, position_seconds: 0, playing: true });
    await link.next('playback', 'it plays', (fact) => fact.ref === media.ref && fact.status === 'playing');
  });
});

describe('radio', () => {
  let radio: Radio;
  beforeEach(async () => {
    radio = await Radio.start();
  });
  afterEach(() => radio.close());

  const live = (): Media => ({ ref: 'radio-1', url: radio.url, title: 'Radio Tutti', live: true });

  it('plays, with the titles as they come, without an end and without seeking', async () => {
    const link = await connect();
    await playing(link, live());
    await link.next('playback', 'the first title', (fact) => fact.stream_title === 'First Song');
    radio.title = "Motörhead - Ace's High";
    const second = await link.next('playback', 'the second', (fact) => fact.stream_title === radio.title);
    expect(second).toMatchObject({ ref: 'radio-1', status: 'playing', rate: 1 });
    expect(second.duration_seconds).toBeUndefined();
    await expect(link.run({ type: 'seek', position_seconds: 1 })).rejects.toMatchObject({
      code: 'ERR_NOT_SEEKABLE',
    });
  });

  it('is a stream without an end also for the next link', async () => {
    const link = await connect();
    await playing(link, live());
    await link.close();
    const again = await connect();
    expect(again.last('playback')).toMatchObject({ ref: 'radio-1', status: 'playing' });
    expect(again.last('playback')?.duration_seconds).toBeUndefined();
  });

  it('comes back by itself when the station drops the line', async () => {
    const link = await connect();
    await playing(link, live());
    radio.drop();
    await until('mpv to come back', () => radio.connections >= 2, 20_000);
    expect(link.facts.filter((fact) => fact.type === 'ended')).toEqual([]);
  });

  it('says failed when there is no station', async () => {
    const link = await connect();
    const media = { ...live(), url: radio.url };
    await radio.close();
    await link.run({ type: 'load', media, position_seconds: 0, playing: true });
    const ended = await link.next('ended', 'failed');
    expect(ended).toMatchObject({ ref: 'radio-1', reason: 'failed' });
  });
});
