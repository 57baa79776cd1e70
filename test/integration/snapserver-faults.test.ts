import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { snapserver } from '../../drivers/snapserver/index.js';
import { silentLogger, type Clock } from '../../src/base/index.js';
import type { PlayerLink } from '../../src/players/index.js';
import { DrivenLink } from '../contracts/driven-link.js';
import { MediaFolder } from '../contracts/media-files.js';
import { FakeSnapserver } from '../fakes/fake-snapserver.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { until } from '../until.js';

let fake: FakeSnapserver;
let ends: (() => Promise<void>)[];
beforeEach(async () => {
  fake = await FakeSnapserver.start();
  ends = [() => fake.close()];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

const optionsOf = (source: boolean): Record<string, unknown> => ({
  host: '127.0.0.1',
  port: fake.port,
  client_id: 'kitchen',
  ...(source && { source: `tcp://127.0.0.1:${fake.sourcePort}` }),
});

async function connect(source = false): Promise<DrivenLink> {
  const options = optionsOf(source);
  const link = await DrivenLink.connect({ definition: snapserver, options, runtimeDir: '/nowhere' });
  ends.push(() => link.close());
  return link;
}

/** A link whose waits end when the test says so. */
function connectBy(clock: Clock): Promise<PlayerLink> {
  const context = {
    player_id: 'kitchen',
    emit: () => undefined,
    log: silentLogger,
    clock,
    memory: undefined,
    httpPort: 0,
    runtimeDir: '/nowhere',
  };
  const options = snapserver.options.parse(optionsOf(false));
  return snapserver.connect(options, context, AbortSignal.timeout(10_000));
}

describe('a player without a source', () => {
  it('refuses to play, and says why', async () => {
    const link = await connect();
    const { capabilities } = await link.next('info', 'info');
    expect(capabilities).toEqual(['volume', 'mute', 'outputs', 'latency']);
    const media = { ref: 'a', title: 'A', live: false, path: '/a.flac' };
    const load = link.run({ type: 'load', media, position_seconds: 0, playing: true });
    await expect(load).rejects.toMatchObject({
      code: 'ERR_NOT_SUPPORTED',
      message: expect.stringContaining('source') as string,
    });
    for (const type of ['play', 'pause', 'take-over'] as const)
      await expect(link.run({ type })).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
    await link.run({ type: 'stop' });
  });

  it('is the same when the snapserver does not have the source, and says so', async () => {
    const options = { ...optionsOf(false), source: 'tcp://127.0.0.1:9' };
    const link = await DrivenLink.connect({ definition: snapserver, options, runtimeDir: '/nowhere' });
    ends.push(() => link.close());
    expect(link.last('problem')?.message).toContain('no tcp source on port 9');
    await expect(link.run({ type: 'play' })).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });

  it('tells whose music is on it', async () => {
    const link = await connect();
    fake.group.stream_id = 'Other';
    fake.other = 'playing';
    fake.notify();
    const { foreign } = await link.next('control', 'elsewhere', ({ elsewhere }) => elsewhere);
    expect(foreign?.title).toBe('Other');
  });
});

describe('a snapserver', () => {
  it('that goes away ends the link', async () => {
    const link = await connect();
    fake.drop();
    expect(await link.link.closed).toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
  });

  it.each([
    ['what is not JSON', 'HTTP/1.1 400 Bad Request\r\n'],
    ['a line without end', 'x'.repeat((1 << 20) + 1)],
  ])('that says %s ends the link', async (_, line) => {
    const link = await connect();
    fake.say(line);
    expect(await link.link.closed).toMatchObject({ code: 'ERR_BAD_MESSAGE' });
  });

  it('that answers with another status than we know ends the link', async () => {
    const link = await connect();
    fake.instead = { method: 'Server.GetStatus', line: '{"id":2,"result":{"server":7}}\n' };
    fake.notify();
    expect(await link.link.closed).toMatchObject({ code: 'ERR_BAD_MESSAGE' });
  });

  it('may answer to questions that nobody asked', async () => {
    const link = await connect();
    fake.say('{"id":4711,"result":{}}\r\n');
    await link.link.probe(AbortSignal.timeout(5000));
  });

  it('that does not answer rejects the command and ends the link', async () => {
    const clock = new ManualClock();
    const link = await connectBy(clock);
    fake.mute = 'Client.SetVolume';
    const command = link.execute({ type: 'volume', volume: 0.3 }, AbortSignal.timeout(10_000));
    const rejected = expect(command).rejects.toMatchObject({ code: 'ERR_PLAYER_TIMEOUT' });
    await fake.gets('Client.SetVolume');
    await clock.advance(5100);
    await rejected;
    expect(await link.closed).toMatchObject({ code: 'ERR_PLAYER_TIMEOUT' });
  });

  it('that refuses is quoted, and the link stays', async () => {
    const link = await connect();
    const line = '{"id":2,"error":{"code":-32603,"message":"Internal error","data":"Client not found"}}\n';
    fake.instead = { method: 'Client.SetLatency', line };
    await expect(link.run({ type: 'latency', latency_ms: 20 })).rejects.toMatchObject({
      code: 'ERR_PLAYER_REFUSED',
      message: expect.stringContaining('Client not found') as string,
    });
    await link.link.probe(AbortSignal.timeout(5000));
  });
});

describe('a snapclient', () => {
  it('that leaves ends the link', async () => {
    const link = await connect();
    fake.client.connected = false;
    fake.notify();
    expect((await link.link.closed).message).toContain('left');
  });

  it('is waited for', async () => {
    fake.client.connected = false;
    const coming = connect();
    await fake.gets('Server.GetStatus');
    fake.client.connected = true;
    fake.notify();
    await (await coming).link.probe(AbortSignal.timeout(5000));
  });

  it('that does not come is off line', async () => {
    const clock = new ManualClock();
    fake.client.connected = false;
    const rejected = expect(connectBy(clock)).rejects.toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
    await fake.gets('Server.GetStatus');
    await clock.advance(6100);
    await rejected;
  });

  it('in a muted group is unmuted together with it', async () => {
    fake.group.muted = true;
    const link = await connect();
    expect(link.last('volume')).toEqual({ type: 'volume', volume: 0.5, muted: true });
    await link.run({ type: 'volume', volume: 0.2 });
    expect(fake.client.volume).toEqual({ percent: 20, muted: false });
    await link.run({ type: 'mute', muted: false });
    await link.next('volume', 'unmuted', ({ muted, volume }) => !muted && volume === 0.2);
    expect(fake.group.muted).toBe(false);
  });
});

describe('a source', () => {
  let media: MediaFolder;
  beforeEach(async () => {
    media = await MediaFolder.create();
    ends.push(() => media.remove());
  });

  async function plays(): Promise<DrivenLink> {
    const link = await connect(true);
    const tone = await media.tone(1, { seconds: 30 });
    await link.run({ type: 'load', media: tone, position_seconds: 0, playing: true });
    await until('the source is connected', () => fake.sources.length === 1);
    return link;
  }

  it('that closes ends the link', async () => {
    const link = await plays();
    fake.sources[0]!.destroy();
    expect((await link.link.closed).message).toContain('source');
  });

  it('is fed no faster than it plays', async () => {
    const link = await plays();
    let bytes = 0;
    fake.sources[0]!.on('data', (more: Buffer) => (bytes += more.length));
    await link.next('playback', 'playing', ({ status }) => status === 'playing');
    await link.reaches(1);
    // What is buffered is below 2 s; unpaced the whole track of 30 s would be there.
    expect(bytes / 192_000).toBeLessThan(link.projected() + 10);
  });

  it('loses us to another stream: that pauses, and play brings us back', async () => {
    const link = await plays();
    await link.next('playback', 'playing', ({ status }) => status === 'playing');
    fake.group.stream_id = 'Other';
    fake.other = 'playing';
    link.forget();
    fake.notify();
    await link.next('playback', 'paused', ({ status }) => status === 'paused');
    expect(link.last('control')?.elsewhere).toBe(true);
    await link.run({ type: 'play' });
    expect(fake.group.stream_id).toBe('Tutti');
    expect(link.last('control')?.elsewhere).toBe(false);
    await link.next('playback', 'playing again', ({ status }) => status === 'playing');
  });

  it('that refuses connections makes the player off line', async () => {
    fake.group.stream_id = 'Tutti';
    const options = { ...optionsOf(false), source: `tcp://127.0.0.2:${fake.sourcePort}` };
    const link = DrivenLink.connect({ definition: snapserver, options, runtimeDir: '/nowhere' });
    await expect(link).rejects.toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
  });
});
