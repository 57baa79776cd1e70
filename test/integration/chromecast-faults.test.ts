import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chromecast } from '../../drivers/chromecast/index.js';
import { AppError, silentLogger, systemClock } from '../../src/base/index.js';
import { Players } from '../../src/players/index.js';
import { emptyState, Store } from '../../src/state/index.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { until } from '../until.js';
import { CastRig } from './chromecast-rig.js';

const soon = (): AbortSignal => AbortSignal.timeout(20_000);
const HEARTBEAT = 'urn:x-cast:com.google.cast.tp.heartbeat';
const RECEIVER = 'urn:x-cast:com.google.cast.receiver';

let rig: CastRig;

beforeEach(async () => {
  rig = await CastRig.start();
});

afterEach(async () => {
  await rig.close();
});

describe('the heart of a Chromecast', () => {
  it('is found to stand still within 8 s', async () => {
    const clock = new ManualClock();
    const link = await rig.connectByHand(clock);
    let over = false;
    void link.closed.then(() => (over = true));
    rig.receiver.mute = true;
    const lost = clock.nowUs();
    for (let ms = 0; ms < 9000 && !over; ms += 100) await clock.advance(100);
    expect(over).toBe(true);
    expect((clock.nowUs() - lost) / 1e6).toBeLessThanOrEqual(8);
    await until('no connection left', () => rig.receiver.connections === 0);
    expect(clock.pending).toBe(0);
  });

  it('is found to stand still when only heartbeats are not answered', async () => {
    const clock = new ManualClock();
    const link = await rig.connectByHand(clock);
    rig.receiver.mutePong = true;
    await link.probe(soon());
    await clock.advance(8000);
    expect(await link.closed).toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
  });

  it('beats on for as long as it is answered', async () => {
    const clock = new ManualClock();
    const link = await rig.connectByHand(clock);
    for (let n = 0; n < 10; n++) {
      const { pings } = rig.receiver;
      await clock.advance(2000);
      await until('a PING', () => rig.receiver.pings > pings);
      await link.probe(soon());
    }
    await link.close();
    expect(clock.pending).toBe(0);
  });

  it('answers when the receiver asks', async () => {
    await rig.connect();
    rig.receiver.ping();
    await until('a PONG', () => rig.receiver.pongs === 1);
  });
});

describe('a Chromecast that breaks the conversation', () => {
  const bytes = (...values: number[]): Buffer => Buffer.from(values);

  it.each([
    ['a length of nothing', bytes(0, 0, 0, 0)],
    ['a length of 4 GiB', bytes(255, 255, 255, 255, 1)],
    ['a packet that does not decode', bytes(0, 0, 0, 4, 255, 255, 255, 255)],
    ['a packet without its fields', bytes(0, 0, 0, 2, 8, 0)],
    [
      'another version of the protocol',
      Buffer.concat([bytes(0, 0, 0, 14, 8, 9, 18, 1, 97, 26, 1, 97, 34, 1, 97, 40, 0)]).fill(13, 3, 4),
    ],
  ])('ends the link, and nothing else, with %s', async (_what, wrong) => {
    const link = await rig.connect();
    rig.receiver.sendRaw(wrong);
    expect(await link.link.closed).toBeInstanceOf(AppError);
    await until('no connection left', () => rig.receiver.connections === 0);
    await rig.connect();
  });

  it('ends the link, and nothing else, when it goes in the middle of a message', async () => {
    const link = await rig.connect();
    rig.receiver.dropMidMessage();
    expect(await link.link.closed).toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
  });

  it.each([
    ['no JSON', '{"type":'],
    ['no object', '[]'],
    ['an answer that nobody waits for', '{"type":"PONG","requestId":99999}'],
    ['a status of nonsense', '{"type":"RECEIVER_STATUS","requestId":0,"status":"fine"}'],
    [
      'a status of a million apps',
      JSON.stringify({
        type: 'RECEIVER_STATUS',
        status: { applications: Array(10_000).fill({ appId: 'x' }) },
      }),
    ],
  ])('is not disturbed by %s', async (_what, text) => {
    const link = await rig.connect();
    rig.receiver.sendText(RECEIVER, text);
    rig.receiver.sendText(HEARTBEAT, text);
    await link.link.probe(soon());
  });

  it('is offline when nobody listens', async () => {
    const { port } = rig.receiver;
    await rig.receiver.restart(0);
    await expect(rig.connectByHand(systemClock, port)).rejects.toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
  });

  it('is given up when it never greets', async () => {
    const server = createTcpServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    let accepted = 0;
    server.on('connection', (socket) => {
      accepted += 1;
      socket.on('close', () => (accepted -= 1));
    });
    const clock = new ManualClock();
    const connecting = rig.connectByHand(clock, (server.address() as AddressInfo).port);
    connecting.catch(() => undefined);
    await until('a connection', () => accepted === 1);
    await clock.advance(7000);
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_PLAYER_TIMEOUT' });
    await until('no connection left', () => accepted === 0);
    expect(clock.pending).toBe(0);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('a Chromecast that does not answer', () => {
  it('fails the command, after its deadline', async () => {
    const clock = new ManualClock();
    const link = await rig.connectByHand(clock);
    rig.receiver.unanswered.add('SET_VOLUME');
    const pending = link.execute({ type: 'volume', volume: 0.2 }, soon());
    await until('the request', () => rig.receiver.requests('SET_VOLUME').length === 1);
    pending.catch(() => undefined);
    for (let ms = 0; ms < 3400; ms += 200) {
      await clock.advance(200);
      await link.probe(soon());
    }
    await link.close();
    await expect(pending).rejects.toBeInstanceOf(AppError);
    expect(clock.pending).toBe(0);
  });

  it('keeps a command no longer than it may take, and does it when it can', async () => {
    const link = await rig.connect();
    rig.receiver.slowMs.set('LAUNCH', 4000);
    const media = await rig.tone(1, 4);
    const begun = performance.now();
    await link.run({ type: 'load', media, position_seconds: 0, playing: true });
    expect(performance.now() - begun).toBeLessThan(4000);
    await link.next('playback', 'playing', (fact) => fact.ref === media.ref && fact.status === 'playing');
  });

  it('loads something else at once although an older load hangs', async () => {
    const link = await rig.connect();
    const [first, second] = [await rig.tone(1, 4), await rig.tone(2, 4)];
    rig.receiver.unanswered.add('LOAD');
    const hanging = link.link.execute(
      { type: 'load', media: first, position_seconds: 0, playing: true },
      soon(),
    );
    await until('the LOAD', () => rig.receiver.requests('LOAD').length === 1);
    rig.receiver.unanswered.clear();
    await rig.play(link, second);
    await hanging;
    expect(link.facts.filter((fact) => fact.type === 'ended')).toEqual([]);
  });

  it('is silent again when its app is closed while it loads', async () => {
    const link = await rig.connect();
    rig.receiver.unanswered.add('LOAD');
    const loading = link.run({
      type: 'load',
      media: await rig.tone(1, 4),
      position_seconds: 0,
      playing: true,
    });
    await until('the LOAD', () => rig.receiver.requests('LOAD').length === 1);
    await rig.receiver.quitApp();
    await loading;
    await link.next('playback', 'nothing', (fact) => fact.ref === undefined && fact.status === 'stopped');
  });

  it('settles what is under way when it is killed while it loads', async () => {
    const link = await rig.connect();
    rig.receiver.slowMs.set('LOAD', 10_000);
    const media = await rig.tone(1, 4);
    const loading = link.run({ type: 'load', media, position_seconds: 0, playing: true });
    loading.catch(() => undefined);
    await until('the LOAD', () => rig.receiver.requests('LOAD').length === 1);
    rig.receiver.dropConnections();
    await expect(loading).rejects.toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
    rig.receiver.slowMs.clear();
  });
});

describe('a Chromecast that comes back', () => {
  function house(): { readonly players: Players; readonly store: Store } {
    const store = new Store({
      state: emptyState('1'),
      epoch: 'e',
      keeper: { weigh: () => undefined, keep: () => undefined },
    });
    const players = new Players({
      drivers: [chromecast],
      store,
      clock: systemClock,
      log: silentLogger,
      random: () => 0.5,
      httpPort: () => rig.web.port,
      runtimeDir: '/nonexistent',
    });
    return { players, store };
  }

  it('is connected again by the supervisor, with what plays adopted', async () => {
    const { players, store } = house();
    await players.start([{ id: 'cast', kind: 'chromecast', name: 'Cast', options: rig.options }], false);
    const live = () => store.state.players.get('cast')?.live;
    await until('online', () => live()?.link === 'online');
    const media = await rig.tone(9, 14);
    await players.execute('cast', { type: 'load', media, position_seconds: 0, playing: true });
    await until('it plays', () => live()?.status === 'playing');
    rig.receiver.dropConnections();
    await until('offline', () => live()?.link !== 'online');
    await until('online again', () => live()?.link === 'online', 5000);
    expect(live()).toMatchObject({ ref: media.ref, status: 'playing' });
    expect(rig.receiver.requests('LOAD')).toHaveLength(1);
    await players.close();
  });

  it('is connected again after a restart, and has nothing of ours', async () => {
    const { players, store } = house();
    await players.start([{ id: 'cast', kind: 'chromecast', name: 'Cast', options: rig.options }], false);
    const live = () => store.state.players.get('cast')?.live;
    await until('online', () => live()?.link === 'online');
    await players.execute('cast', {
      type: 'load',
      media: await rig.tone(9, 14),
      position_seconds: 0,
      playing: true,
    });
    await until('it plays', () => live()?.status === 'playing');
    await rig.receiver.restart();
    await until('silent and online', () => live()?.link === 'online' && live()?.ref === undefined, 5000);
    await players.close();
  });
});
