import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectLocal } from '../../drivers/local/connect.js';
import { local } from '../../drivers/local/index.js';
import { LocalOptions } from '../../drivers/local/options.js';
import { positionAt } from '../../src/protocol/index.js';
import { DrivenLink } from '../contracts/driven-link.js';
import { startPulse } from '../fakes/pulse.js';
import { ServerProcess } from '../fakes/server-process.js';
import { makeSineAlbums } from '../fakes/sine-albums.js';
import { until } from '../until.js';
import { killMpvs } from './local-rig.js';
import { ModelMpv } from './local-model.js';

const DAC = 'alsa/plughw:CARD=DAC,DEV=0';
const MINUTE_MS = 60_000;

describe('a card that is pulled out', () => {
  let asound = '';
  let model: ModelMpv;
  const links: DrivenLink[] = [];

  beforeEach(async () => {
    asound = await mkdtemp(join(tmpdir(), 'tutti-asound-'));
    model = await ModelMpv.start();
    model.output = DAC;
  });
  afterEach(async () => {
    await model.close();
    for (const link of links.splice(0)) await link.close();
    await rm(asound, { recursive: true, force: true });
  });

  const plug = (): Promise<unknown> => mkdir(join(asound, 'DAC'));
  const pull = (): Promise<void> => rm(join(asound, 'DAC'), { recursive: true });
  const told = (name: string): boolean => model.fake.commands.some(([command]) => command === name);

  async function connect(memory?: unknown): Promise<DrivenLink> {
    const definition = {
      ...local,
      connect: (options: unknown, context: never, signal: AbortSignal) =>
        connectLocal(LocalOptions.parse(options), context, signal, undefined, asound),
    };
    const link = await DrivenLink.connect({
      definition,
      options: { mixer: 'none' },
      runtimeDir: model.fake.dir,
      memory,
    });
    links.push(link);
    return link;
  }

  it('ends the link with its name, and silences mpv, which must not play on elsewhere', async () => {
    await plug();
    const link = await connect();
    expect(link.last('playback')?.status).toBe('playing');
    link.forget();
    await pull();
    expect((await link.link.closed).message).toBe('the sound card DAC was unplugged');
    expect(told('stop')).toBe(true);
    expect(link.since().filter(({ type }) => type === 'playback' || type === 'ended')).toEqual([]);
    expect(link.memory).toMatchObject({ missing_since: expect.any(Number) });
  });

  it('is waited for, and used again when it is back', async () => {
    const connecting = connect();
    await until('mpv is asked', () => told('get_property'));
    await plug();
    const link = await connecting;
    expect(link.last('outputs')?.outputs.find(({ active }) => active)?.output_id).toBe(DAC);
    expect(JSON.stringify(link.memory ?? {})).not.toContain('missing_since":1');
  });

  it('keeps the player away, with its name and when to try again, and leaves mpv alone', async () => {
    await expect(connect()).rejects.toMatchObject({
      code: 'ERR_PLAYER_OFFLINE',
      message: 'the sound card DAC is not plugged in',
      params: { retry_ms: 500 },
    });
    expect(told('quit')).toBe(false);
  });

  it('is not waited for for ever: then another output can be chosen, and nothing is played into the void', async () => {
    const nobody = { pid: 1, entries: [], missing_since: Date.now() - 3 * MINUTE_MS };
    const link = await connect(nobody);
    const problem = 'the sound card DAC is not plugged in';
    expect(link.last('problem')?.message).toBe(problem);
    await expect(link.run({ type: 'play' })).rejects.toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
    expect(link.last('outputs')?.outputs.map(({ output_id }) => output_id)).toEqual(['auto', DAC]);
    link.forget();
    await plug();
    await link.next('problem', 'it is back', ({ message }) => message === undefined);
    await link.run({ type: 'play' });
  });

  /** Two sticks of one make, each in its socket. */
  async function sticks(...seats: readonly (readonly [card: string, seat: string])[]): Promise<void> {
    for (const name of await readdir(asound)) await rm(join(asound, name), { recursive: true });
    for (const [card, seat] of seats) {
      await mkdir(join(asound, card));
      await writeFile(
        join(asound, card, 'stream0'),
        `DAC at usb-xhci-hcd.0-${seat}, full speed : USB Audio\n\nPlayback:\n`,
      );
    }
  }
  const output = (link: DrivenLink): string | undefined =>
    link.last('outputs')?.outputs.find(({ active }) => active)?.output_id;

  async function learnt(): Promise<{ readonly seat?: string }> {
    await sticks(['DAC', '1.1'], ['DAC_1', '1.2']);
    const link = await connect();
    await until('its socket is remembered', () => JSON.stringify(link.memory ?? {}).includes('seat'));
    await link.close();
    links.splice(0);
    return link.memory as object;
  }

  it('is the one in its socket when two of one make were numbered the other way round', async () => {
    const memory = await learnt();
    expect(memory.seat).toBe('usb-xhci-hcd.0-1.1');
    await sticks(['DAC', '1.2'], ['DAC_1', '1.1']);
    const link = await connect(memory);
    expect(output(link)).toBe('alsa/plughw:CARD=DAC_1,DEV=0');
    expect(link.memory).toMatchObject({ seat: 'usb-xhci-hcd.0-1.1', output: 'alsa/plughw:CARD=DAC_1,DEV=0' });
  });

  it('keeps its socket in mind when it has the other number, and its twin is gone', async () => {
    const memory = await learnt();
    await sticks(['DAC_1', '1.1']);
    const link = await connect(memory);
    expect(output(link)).toBe('alsa/plughw:CARD=DAC_1,DEV=0');
    await link.close();
    expect(link.memory).toMatchObject({ seat: 'usb-xhci-hcd.0-1.1' });
  });

  it('is missing when only the other one of its make is there, whatever that is called now', async () => {
    const memory = await learnt();
    await sticks(['DAC', '1.2']);
    await expect(connect(memory)).rejects.toMatchObject({
      message: 'the sound card DAC of USB socket 1.1 is not plugged in',
    });
    const late = { ...memory, missing_since: Date.now() - 3 * MINUTE_MS };
    const link = await connect(late);
    expect(link.last('problem')?.message).toMatch(/is not plugged in/);
    await sticks(['DAC', '1.2'], ['DAC_1', '1.1']);
    await link.next('problem', 'it is back', ({ message }) => message === undefined);
    await until('by its new name', () => output(link) === 'alsa/plughw:CARD=DAC_1,DEV=0');
  });

  it('is the other one when that was chosen', async () => {
    const memory = await learnt();
    model.listed = ['DAC', 'DAC_1'].map((card) => ({
      name: `alsa/plughw:CARD=${card},DEV=0`,
      description: 'DAC, USB Audio',
    }));
    const link = await connect(memory);
    await link.run({ type: 'output', output_id: 'alsa/plughw:CARD=DAC_1,DEV=0', active: true });
    await until('its socket is remembered', () => JSON.stringify(link.memory ?? {}).includes('hcd.0-1.2'));
  });

  it('may be plugged in anywhere while it is the only one of its make', async () => {
    await sticks(['DAC', '1.1']);
    const link = await connect();
    await link.close();
    await sticks(['DAC', '1.3']);
    expect(output(await connect(link.memory))).toBe(DAC);
  });

  it('is not waited for by a clock that was set meanwhile', async () => {
    const nobody = { pid: 1, entries: [], missing_since: Date.now() + 365 * 24 * 60 * MINUTE_MS };
    const link = await connect(nobody);
    expect(link.last('problem')?.message).toBe('the sound card DAC is not plugged in');
  });
});

/** A real server, a real mpv and a real sound server whose sink goes and comes back. */
describe('a room whose DAC is pulled out and plugged in again', () => {
  const KITCHEN = ['module-null-sink', 'sink_name=kitchen', 'format=s16le', 'rate=44100', 'channels=2'];

  it('waits at its place, says why, and plays on by itself', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'tutti-unplugged-'));
    const pulse = await startPulse(['bath']);
    await makeSineAlbums(join(dir, 'music'), 330, ['One'], 2, 60);
    let sink = (await pulse.pactl('load-module', ...KITCHEN)).trim();
    const server = await ServerProcess.start({
      dataDir: join(dir, 'state'),
      musicDir: join(dir, 'music'),
      env: pulse.env,
      players: [{ id: 'desk', kind: 'local', name: 'Desk', ao: 'pulse', output: 'pulse/kitchen' }],
    });
    const client = server.client(['players', 'rooms', 'room/desk']);
    try {
      await client.ready();
      const player = () => client.mirror.players?.find(({ player_id }) => player_id === 'desk');
      const playback = () => client.mirror.room['desk']!.playback;
      const position = (): number => positionAt(playback(), client.serverNowUs());
      const streams = async (): Promise<number> =>
        (await pulse.pactl('list', 'short', 'sink-inputs'))
          .split('\n')
          .filter((line) => /mpv|Tutti|protocol-native/.test(line)).length;
      await until('the player is there', () => player()?.link === 'online');
      await until(
        'the library is there',
        async () => (await client.send('library:status', {})).album_count === 1,
      );
      const { items } = await client.send('library:albums', {});
      await client.send('queue:add', {
        room_id: 'desk',
        source: { album_id: items[0]!.album_id },
        play: true,
      });
      await client.send('room:seek', { room_id: 'desk', position_seconds: 20 });
      await until('it plays', () => playback().state === 'playing' && position() > 21);
      const before = await streams();

      const place = position();
      await pulse.pactl('unload-module', sink);
      await until('the room says why it waits', () => player()?.link === 'offline');
      expect(player()?.problem).toMatch(/kitchen (was unplugged|is not plugged in)/);
      expect(playback().rate).toBe(0);
      expect(playback().item_id).toBeDefined();
      expect(playback().position_seconds).toBeGreaterThan(place - 1);
      await until('and is silent everywhere', async () => (await streams()) < before);

      sink = (await pulse.pactl('load-module', ...KITCHEN)).trim();
      await until(
        'it plays on by itself',
        () => playback().state === 'playing' && player()?.link === 'online',
      );
      expect(position()).toBeGreaterThan(place - 1);
      expect(position()).toBeLessThan(place + 15);
      expect(playback().track?.title).toBe('One 1');
      await until('through the sink', async () => (await streams()) === before);
    } finally {
      client.close();
      await server.kill('SIGTERM');
      await killMpvs(join(dir, 'state', 'run'));
      await pulse.close();
      await rm(dir, { recursive: true, force: true });
    }
  });
});
