import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import * as z from 'zod';
import { startPulse, type Capture, type Pulse } from '../fakes/pulse.js';
import { startMpd, type RunningMpd } from '../fakes/real-mpd.js';
import type { Recording } from '../fakes/recording.js';
import { ServerProcess } from '../fakes/server-process.js';
import { makeSineAlbums } from '../fakes/sine-albums.js';
import { killMpvs } from '../integration/local-rig.js';
import { until } from '../until.js';

const HERTZ = 441;
const ALBUMS = ['First', 'Second', 'Third'];
const [TRACKS, SECONDS] = [2, 4];
const TOTAL = ALBUMS.length * TRACKS * SECONDS;
const Event = z.object({
  type: z.string(),
  topic: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});

let pulse: Pulse;
let mpd: RunningMpd;
let server: ServerProcess;
let browser: Browser;
let dir = '';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-house-'));
  await makeSineAlbums(join(dir, 'music'), HERTZ, ALBUMS, TRACKS, SECONDS);
  pulse = await startPulse(['kitchen', 'bath']);
  mpd = await startMpd({
    musicDir: join(dir, 'music'),
    output: 'pulse',
    outputLines: ['sink "bath"'],
    env: pulse.env,
  });
  server = await ServerProcess.start({
    dataDir: join(dir, 'state'),
    musicDir: join(dir, 'music'),
    players: [
      { id: 'kitchen', kind: 'local', name: 'Kitchen', ao: 'pulse', output: 'pulse/kitchen' },
      { id: 'bath', kind: 'mpd', name: 'Bath', host: mpd.host, port: mpd.port },
    ],
    env: { ...pulse.env },
  });
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
});

afterAll(async () => {
  await browser.close();
  await server.kill();
  await killMpvs(join(dir, 'state', 'run'));
  await mpd.stop();
  await pulse.close();
  await rm(dir, { recursive: true, force: true });
});

/** A page on a phone that shows a room. */
async function openPage(room: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  await context.addInitScript((id) => localStorage.setItem('tutti', JSON.stringify({ room_id: id })), room);
  const page = await context.newPage();
  await page.goto(server.url);
  await page.getByRole('slider', { name: 'Position' }).waitFor();
  return page;
}

/** What a page shows and what a plain WebSocket last heard, both as seconds ahead of this machine's wall clock. */
async function shownBy(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        requestAnimationFrame(() => {
          const bar = document.querySelector('input[aria-label="Position"]');
          resolve((bar instanceof HTMLInputElement ? bar.valueAsNumber : Number.NaN) - Date.now() / 1000);
        });
      }),
  );
}

class PlainClient {
  readonly #socket: WebSocket;
  /** Position minus wall clock, seconds, of the last progress of each room. */
  readonly ahead = new Map<string, number>();
  readonly tracks = new Map<string, string[]>();

  constructor(url: string, rooms: readonly string[]) {
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
    this.#socket.on('open', () =>
      this.#socket.send(
        JSON.stringify({ id: 's', type: 'subscribe', data: { topics: rooms.map((room) => `room/${room}`) } }),
      ),
    );
    this.#socket.on('message', (frame: Buffer) =>
      this.#heard(Event.parse(JSON.parse(frame.toString('utf8')))),
    );
  }

  #heard({ type, data = {} }: z.infer<typeof Event>): void {
    const room = String(data['room_id']);
    if (type === 'playback:progress')
      this.ahead.set(room, Number(data['position_seconds']) - Date.now() / 1000);
    if (type !== 'playback:track' || data['track'] === undefined) return;
    const { title } = z.object({ title: z.string() }).parse(data['track']);
    this.tracks.set(room, [...(this.tracks.get(room) ?? []), title]);
  }

  close(): void {
    this.#socket.close();
  }
}

describe('a house with a real MPD and the local output', () => {
  it('plays three albums in each room without a gap, and every client agrees where the music is', async () => {
    const rooms = ['kitchen', 'bath'];
    const client = server.client(rooms.map((room) => `room/${room}`));
    await client.ready();
    await until(
      'the library is there',
      async () => (await client.send('library:status', {})).track_count === ALBUMS.length * TRACKS,
    );
    const { items: albums } = await client.send('library:albums', { sort: 'title' });
    expect(albums.map((album) => album.title)).toEqual(ALBUMS);
    await until('both players are there', async () =>
      (await client.send('player:list', {})).players.every((player) => player.link === 'online'),
    );

    const pages = await Promise.all(rooms.map(openPage));
    const plain = new PlainClient(server.url, rooms);
    const captures: Capture[] = [];
    for (const room of rooms) {
      for (const { album_id } of albums)
        await client.send('queue:add', { room_id: room, source: { album_id } });
      await client.send('room:volume', { room_id: room, volume: 1 });
      captures.push(await pulse.capture(room));
    }
    await Promise.all(rooms.map((room) => client.send('room:play', { room_id: room })));

    const differences: number[] = [];
    for (let sample = 0; sample < 8; sample++) {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      for (const [index, room] of rooms.entries()) {
        const [shown, told] = [await shownBy(pages[index]!), plain.ahead.get(room) ?? Number.NaN];
        const mirrored = client.mirror.room[room]!.playback;
        const own =
          mirrored.position_seconds + (client.serverNowUs() - mirrored.at_us) / 1e6 - Date.now() / 1000;
        differences.push(Math.abs(shown - told), Math.abs(own - told));
      }
    }
    await until(
      'both rooms are at their end',
      () => rooms.every((room) => client.mirror.room[room]!.playback.state === 'stopped'),
      (TOTAL + 20) * 1000,
    );
    const heard = await Promise.all(captures.map((capture) => capture.stop()));
    const titles = ALBUMS.flatMap((album) => Array.from({ length: TRACKS }, (_, n) => `${album} ${n + 1}`));
    for (const room of rooms) expect(plain.tracks.get(room)).toEqual(titles);
    expect(differences.sort((a, b) => a - b)[Math.floor(differences.length / 2)]).toBeLessThan(0.1);
    rooms.forEach((room, index) => playsOnce(room, heard[index]!));
    plain.close();
    client.close();
  }, 120_000);
});

/** One sine from the first sample to the last, as long as all tracks together. */
function playsOnce(room: string, heard: Recording): void {
  const sound = heard.sounding();
  expect({ room, breaks: sound.breaksOfSine(HERTZ) }).toEqual({ room, breaks: [] });
  expect(Math.abs(sound.seconds - TOTAL)).toBeLessThan(0.02);
}
