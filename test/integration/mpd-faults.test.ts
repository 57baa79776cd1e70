import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mpd as definition } from '../../drivers/mpd/index.js';
import { AppError, silentLogger, type Clock } from '../../src/base/index.js';
import type { Fact, Media, PlayerLink } from '../../src/players/index.js';
import { driverContract } from '../contracts/driver-contract.js';
import { DrivenLink } from '../contracts/driven-link.js';
import { FakeMpd } from '../fakes/fake-mpd.js';
import { ManualClock } from '../fakes/manual-clock.js';

const soon = (): AbortSignal => AbortSignal.timeout(20_000);

let fake: FakeMpd;
let links: DrivenLink[] = [];
let serial = 0;

function media(seconds = 60): Media {
  const ref = `item-${++serial}`;
  const relative_path = `${ref}.flac`;
  fake.player.library.set(relative_path, seconds);
  return { ref, relative_path, title: ref, live: false, duration_seconds: seconds };
}

async function connect(options: Readonly<Record<string, unknown>> = {}): Promise<DrivenLink> {
  const link = await DrivenLink.connect({
    definition,
    options: { port: fake.port, shares_music: true, ...options },
    runtimeDir: '/nonexistent',
  });
  links.push(link);
  return link;
}

/** A link whose clock stands still until it is turned, for the deadlines. */
async function connectByHand(clock: Clock, signal = soon()): Promise<PlayerLink> {
  const context = {
    player_id: 'p',
    emit: (_: Fact) => undefined,
    log: silentLogger,
    clock,
    memory: null,
    httpPort: 0,
    runtimeDir: '/nonexistent',
  };
  return definition.connect(definition.options.parse({ port: fake.port }), context, signal);
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

beforeEach(async () => {
  fake = await FakeMpd.start();
});

afterEach(async () => {
  for (const link of links) await link.close();
  links = [];
  await fake.close();
});

describe('an MPD that is none, or not quite', () => {
  it('is given up when it never greets', async () => {
    fake.fault = { kind: 'no-greeting' };
    const clock = new ManualClock();
    const connecting = connectByHand(clock);
    connecting.catch(() => undefined);
    await until('a connection', () => fake.connections === 1);
    await clock.advance(5000);
    await expect(connecting).rejects.toMatchObject({ code: 'ERR_PLAYER_TIMEOUT' });
    await until('no connection left', () => fake.connections === 0);
    expect(clock.pending).toBe(0);
  });

  it('is given up at once when the caller does', async () => {
    fake.fault = { kind: 'no-greeting' };
    const controller = new AbortController();
    const connecting = connectByHand(new ManualClock(), controller.signal);
    connecting.catch(() => undefined);
    await until('a connection', () => fake.connections === 1);
    controller.abort(new AppError('ERR_PLAYER_TIMEOUT', 'enough'));
    await expect(connecting).rejects.toThrow('enough');
    await until('no connection left', () => fake.connections === 0);
  });

  it('is refused when it greets like something else', async () => {
    fake.fault = { kind: 'garbage-greeting' };
    await expect(connect()).rejects.toMatchObject({ code: 'ERR_PLAYER_REFUSED' });
    await until('no connection left', () => fake.connections === 0);
  });

  it('is offline when nobody listens', async () => {
    const { port } = fake;
    await fake.close();
    await expect(connect({ port })).rejects.toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
  });

  it('wants another password', async () => {
    fake.password = 'right';
    await expect(connect({ password: 'wrong' })).rejects.toMatchObject({ code: 'ERR_PLAYER_PASSWORD' });
    await expect(connect()).rejects.toMatchObject({ code: 'ERR_PLAYER_PASSWORD' });
    await until('no connection left', () => fake.connections === 0);
    await connect({ password: 'right' });
  });
});

describe('an MPD that stops answering', () => {
  it('fails a probe when commands are not answered', async () => {
    const link = await connect();
    fake.fault = { kind: 'silent' };
    await expect(link.link.probe(AbortSignal.timeout(100))).rejects.toBeInstanceOf(AppError);
  });

  it('fails a probe when only the connection that waits for changes is silent', async () => {
    const link = await connect();
    fake.fault = { kind: 'silent', only: 'idle' };
    await link.run({ type: 'volume', volume: 0.4 });
    await expect(link.link.probe(AbortSignal.timeout(100))).rejects.toBeInstanceOf(AppError);
  });

  it('is cut off after its deadline, and everything pending rejects', async () => {
    const clock = new ManualClock();
    const link = await connectByHand(clock);
    fake.fault = { kind: 'silent' };
    const seen = fake.commands.length;
    const pending = [1, 2, 3].map((n) => link.execute({ type: 'volume', volume: n / 10 }, soon()));
    const outcomes = Promise.allSettled(pending);
    await until('the command', () => fake.commands.length > seen);
    await clock.advance(10_000);
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_PLAYER_TIMEOUT' } });
    }
    expect(await link.closed).toMatchObject({ code: 'ERR_PLAYER_TIMEOUT' });
    await until('no connection left', () => fake.connections === 0);
    expect(clock.pending).toBe(0);
  });

  it('rejects a command at once when its caller gives up', async () => {
    const link = await connect();
    fake.fault = { kind: 'silent' };
    const controller = new AbortController();
    const pending = link.run({ type: 'volume', volume: 0.2 }, controller.signal);
    const queued = link.run({ type: 'volume', volume: 0.3 }, controller.signal);
    controller.abort();
    await expect(pending).rejects.toBeInstanceOf(AppError);
    await expect(queued).rejects.toBeInstanceOf(AppError);
  });

  it('obeys in order when it is only slow', async () => {
    const link = await connect();
    fake.fault = { kind: 'slow', ms: 100 };
    await Promise.all([0.1, 0.2, 0.3].map((volume) => link.link.execute({ type: 'volume', volume }, soon())));
    expect(fake.player.volume).toBe(30);
    await link.next('volume', '0.3', (fact) => fact.volume === 0.3);
  });
});

describe('an MPD that breaks the conversation', () => {
  it.each(['garbage', 'drop-mid-reply'] as const)('ends the link on %s', async (kind) => {
    const link = await connect();
    fake.fault = { kind };
    await expect(
      link.run({ type: 'load', media: media(), position_seconds: 0, playing: true }),
    ).rejects.toBeInstanceOf(AppError);
    expect(await link.link.closed).toBeInstanceOf(AppError);
    await until('no connection left', () => fake.connections === 0);
  });

  it('ends the link when only the waiting connection dies', async () => {
    const link = await connect();
    fake.fault = { kind: 'garbage' };
    fake.player.setOption('random', '1');
    expect(await link.link.closed).toMatchObject({ code: 'ERR_PLAYER_REFUSED' });
  });

  it('can be connected to again after a restart on the same port, and has nothing of ours', async () => {
    const link = await connect();
    await link.run({ type: 'load', media: media(), position_seconds: 0, playing: true });
    await fake.restart();
    expect(await link.link.closed).toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
    const again = await connect();
    expect(again.last('playback')).toMatchObject({ status: 'stopped' });
    expect(again.last('playback')?.ref).toBeUndefined();
  });
});

describe('an MPD that refuses', () => {
  it('gives the code and the command of an ACK', async () => {
    const link = await connect();
    fake.fault = { kind: 'ack', command: 'setvol', code: 52, message: 'problems setting volume' };
    await expect(link.run({ type: 'volume', volume: 0.2 })).rejects.toMatchObject({
      code: 'ERR_PLAYER_REFUSED',
      message: 'MPD says: problems setting volume',
      params: { ack: 52, command: 'setvol' },
    });
    fake.fault = { kind: 'none' };
    await link.run({ type: 'volume', volume: 0.2 });
  });

  it('says that a password is missing when a command needs permission', async () => {
    const link = await connect();
    fake.fault = { kind: 'ack', command: 'setvol', code: 4, message: "you don't have permission" };
    await expect(link.run({ type: 'volume', volume: 0.2 })).rejects.toMatchObject({
      code: 'ERR_PLAYER_PASSWORD',
    });
  });

  it('is not muted when it refused to be', async () => {
    const link = await connect();
    fake.fault = { kind: 'ack', command: 'setvol', code: 52, message: 'no' };
    await expect(link.run({ type: 'mute', muted: true })).rejects.toMatchObject({
      code: 'ERR_PLAYER_REFUSED',
    });
    expect(link.last('volume')).toMatchObject({ muted: false, volume: 1 });
  });

  it('says that it came to the next item before that one fails', async () => {
    const link = await connect();
    const [first, next] = [
      media(0.3),
      { ref: 'lost', url: 'http://127.0.0.1/lost.flac', title: 'Lost', live: false },
    ];
    await link.run({ type: 'load', media: first, next, position_seconds: 0, playing: true });
    await link.next('ended', 'failed', (fact) => fact.ref === next.ref);
    const failure = link.facts.findIndex((fact) => fact.type === 'ended');
    const before = link.facts.slice(0, failure).filter((fact) => fact.type === 'playback');
    expect(before.at(-1)?.ref).toBe(next.ref);
  });

  it('fails the item, not the link, when it will not play', async () => {
    const link = await connect();
    const [first, second] = [media(), media()];
    fake.fault = { kind: 'ack', command: 'playid', code: 55, message: 'output is gone' };
    await link.run({ type: 'load', media: first, next: second, position_seconds: 0, playing: true });
    await link.next('ended', 'failed', (fact) => fact.ref === first.ref && fact.message === 'output is gone');
    await link.next(
      'ended',
      'failed',
      (fact) => fact.ref === second.ref && fact.message === 'output is gone',
    );
    await link.link.probe(soon());
    expect(fake.player.queue).toEqual([]);
  });
});

driverContract(
  'a fake MPD',
  async () => {
    const player = await FakeMpd.start();
    let count = 0;
    return {
      definition,
      options: { port: player.port, shares_music: true },
      toleranceMs: 60,
      async makeMedia(n, { seconds = 2, broken = false } = {}) {
        const path = broken ? `http://127.0.0.1/broken-${n}.flac` : `tone-${n}-${seconds}.flac`;
        if (!broken) player.player.library.set(path, seconds);
        const where = broken ? { url: path } : { relative_path: path };
        return { ref: `item-${++count}`, title: path, live: false, duration_seconds: seconds, ...where };
      },
      breakConnection: () => player.restart(),
      close: () => player.close(),
    };
  },
  { lacks: ['replaygain'] },
);
