import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { AppError, deferred, silentLogger } from '../../src/base/index.js';
import {
  defineDriver,
  LIMITS,
  Players,
  type LinkContext,
  type PlayerCommand,
  type PlayerLink,
} from '../../src/players/index.js';
import { emptyState, Store } from '../../src/state/index.js';
import { ManualClock, settle } from '../fakes/manual-clock.js';

/** A player whose every answer the test decides. */
class Puppet implements PlayerLink {
  readonly #end = deferred<Error>();
  readonly closed = this.#end.promise;
  readonly commands: PlayerCommand[] = [];
  answers = true;
  /** How long an answer to a probe takes. */
  probeMs = 0;

  constructor(readonly context: LinkContext) {}

  async execute(command: PlayerCommand): Promise<void> {
    this.commands.push(command);
    if (!this.answers) await new Promise(() => undefined);
  }

  async probe(): Promise<void> {
    if (!this.answers) await new Promise(() => undefined);
    if (this.probeMs > 0)
      await new Promise<void>((resolve) => void this.context.clock.after(this.probeMs, resolve));
  }

  die(why: string): void {
    this.#end.resolve(new Error(why));
  }

  close(): Promise<void> {
    this.die('closed');
    return Promise.resolve();
  }
}

class Stage {
  readonly clock = new ManualClock();
  readonly store = new Store({
    state: emptyState('1'),
    epoch: 'e',
    keeper: { weigh: () => undefined, keep: () => undefined },
  });
  readonly puppets: Puppet[] = [];
  readonly connects: number[] = [];
  readonly hosts: string[] = [];
  behave: 'connect' | 'refuse' | 'wait' | 'hang' = 'connect';
  readonly definition = defineDriver({
    kind: 'puppet',
    label: 'Puppet',
    options: z.strictObject({ host: z.string().default('here'), password: z.string().optional() }),
    capabilities: ['volume'],
    syncClass: 'loose',
    codecs: 'all',
    address: ({ host }) => host,
    connect: async ({ host }, context) => {
      this.connects.push(this.clock.nowUs() / 1000);
      this.hosts.push(host);
      if (this.behave === 'refuse') throw new Error('refused');
      if (this.behave === 'wait')
        throw new AppError('ERR_PLAYER_OFFLINE', 'not plugged in', { params: { retry_ms: 600 } });
      if (this.behave === 'hang') await new Promise(() => undefined);
      const puppet = new Puppet(context);
      this.puppets.push(puppet);
      return puppet;
    },
  });
  readonly players = new Players({
    drivers: [this.definition],
    store: this.store,
    clock: this.clock,
    log: silentLogger,
    random: () => 1,
    httpPort: () => 8080,
    runtimeDir: '/nowhere',
  });

  async start(): Promise<void> {
    await this.players.start([{ id: 'p', kind: 'puppet', name: 'P', options: { password: 'hush' } }], false);
    await settle();
  }

  get live(): { link: string; problem?: string | undefined } {
    return this.store.state.players.get('p')!.live;
  }
}

let stage: Stage;
afterEach(async () => {
  await stage.players.close();
  expect(stage.clock.pending).toBe(0);
});

describe('the supervisor', () => {
  it('connects, stamps facts with the player, and hands commands on', async () => {
    stage = new Stage();
    await stage.start();
    expect(stage.live.link).toBe('online');
    stage.puppets[0]!.context.emit({ type: 'volume', volume: 0.7, muted: false });
    expect(stage.store.state.players.get('p')!.live.volume).toBe(0.7);
    await stage.players.execute('p', { type: 'pause' });
    expect(stage.puppets[0]!.commands).toEqual([{ type: 'pause' }]);
  });

  it('tries for ever, with growing pauses that never pass 15 s', async () => {
    stage = new Stage();
    stage.behave = 'refuse';
    await stage.start();
    expect(stage.live).toMatchObject({ link: 'offline', problem: 'refused' });
    await stage.clock.advance(120_000);
    const gaps = stage.connects.slice(1).map((at, n) => Math.round(at - stage.connects[n]!));
    expect(gaps.slice(0, 7)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    stage.behave = 'connect';
    await stage.clock.advance(15_000);
    expect(stage.live.link).toBe('online');
  });

  it('tries again when a driver says that it is worth it, which waits for something itself', async () => {
    stage = new Stage();
    stage.behave = 'wait';
    await stage.start();
    await stage.clock.advance(6000);
    expect(stage.connects).toHaveLength(11);
    expect(stage.live).toMatchObject({ link: 'offline', problem: 'not plugged in' });
  });

  it('gives up a connect that never answers', async () => {
    stage = new Stage();
    stage.behave = 'hang';
    await stage.start();
    await stage.clock.advance(LIMITS.connect);
    expect(stage.live.link).toBe('offline');
  });

  it('says offline with the reason when the link is lost, refuses commands, and connects anew', async () => {
    stage = new Stage();
    await stage.start();
    stage.puppets[0]!.die('socket closed');
    await settle();
    expect(stage.live).toMatchObject({ link: 'offline', problem: 'socket closed' });
    await expect(stage.players.execute('p', { type: 'play' })).rejects.toMatchObject({
      code: 'ERR_PLAYER_OFFLINE',
    });
    await stage.clock.advance(500);
    expect(stage.live.link).toBe('online');
    expect(stage.puppets).toHaveLength(2);
  });

  it('cuts a player that does not answer a command in time', async () => {
    stage = new Stage();
    await stage.start();
    stage.puppets[0]!.answers = false;
    const failed = stage.players.execute('p', { type: 'play' }).catch((error: unknown) => error);
    await stage.clock.advance(LIMITS.command);
    expect(await failed).toBeInstanceOf(AppError);
    expect(await failed).toMatchObject({ code: 'ERR_PLAYER_TIMEOUT' });
    await stage.clock.advance(1_000);
    expect(stage.puppets).toHaveLength(2);
  });

  it('finds a half-open link by its probe', async () => {
    stage = new Stage();
    await stage.start();
    stage.puppets[0]!.answers = false;
    await stage.clock.advance(LIMITS.probeEvery + LIMITS.probe + 600);
    expect(stage.puppets).toHaveLength(2);
    expect(stage.live.link).toBe('online');
  });

  it('does not hear a link that is over', async () => {
    stage = new Stage();
    await stage.start();
    const [first] = stage.puppets;
    first!.die('gone');
    await settle();
    first!.context.emit({ type: 'volume', volume: 0.1, muted: false });
    expect(stage.store.state.players.get('p')!.live.volume).toBeUndefined();
  });

  it('gives a new link the memory of the last one', async () => {
    stage = new Stage();
    await stage.start();
    stage.puppets[0]!.context.emit({ type: 'memory', value: { songs: [1, 2] } });
    stage.puppets[0]!.die('gone');
    await stage.clock.advance(500);
    expect(stage.puppets[1]!.context.memory).toEqual({ songs: [1, 2] });
  });

  it('keeps the room of a player that the config file no longer names, and says so', async () => {
    stage = new Stage();
    await stage.start();
    await stage.players.close();
    await stage.players.start([], false);
    expect(stage.live).toMatchObject({ link: 'offline', problem: 'no longer in the config file' });
    expect(stage.store.state.rooms.has('p')).toBe(true);
  });

  it('shows nobody the options of a player', async () => {
    stage = new Stage();
    await stage.start();
    expect(JSON.stringify([stage.store.snapshot('players'), stage.store.snapshot('room/p')])).not.toContain(
      'hush',
    );
  });

  it('takes a discovered player once, and not beside one that is known by hand at the same address', async () => {
    stage = new Stage();
    await stage.start();
    stage.players.found(stage.definition, { key: 'puppet-here', name: 'Again', options: {} });
    stage.players.found(stage.definition, { key: 'puppet-there', name: 'There', options: { host: 'there' } });
    stage.players.found(stage.definition, { key: 'puppet-there', name: 'There', options: { host: 'there' } });
    expect([...stage.store.state.players.keys()]).toEqual(['p', 'puppet-there']);
  });
});

describe('players of a config file that is changed while they play', () => {
  const puppet = (id: string, host: string, name = id) => ({ id, kind: 'puppet', name, options: { host } });

  /** A house with the players A and B. */
  async function two(): Promise<Stage> {
    stage = new Stage();
    await stage.players.start([puppet('a', 'one'), puppet('b', 'two')], false);
    await settle();
    return stage;
  }

  it('are not touched when nothing about them is different', async () => {
    const { players, hosts } = await two();
    await players.configure([puppet('b', 'two'), puppet('a', 'one')]);
    await settle();
    expect(hosts).toEqual(['one', 'two']);
  });

  it('are connected anew where they are now, also while the old place still answers', async () => {
    const { players, hosts, store } = await two();
    await players.configure([puppet('a', 'three', 'Attic'), puppet('b', 'two')]);
    await settle();
    expect(hosts).toEqual(['one', 'two', 'three']);
    expect(store.state.players.get('a')).toMatchObject({
      kept: { name: 'Attic', address: 'three' },
      live: { link: 'online' },
    });
  });

  it('are left out when their driver is switched off, and keep nobody else from playing', async () => {
    const { players, hosts } = await two();
    await players.configure([{ kind: 'snapcast', name: 'Off', options: {} }, puppet('b', 'five')]);
    await settle();
    expect(hosts).toEqual(['one', 'two', 'five']);
  });

  it('come, and go without their room', async () => {
    const { players, hosts, store } = await two();
    await players.configure([puppet('b', 'two'), puppet('c', 'four')]);
    await settle();
    expect(hosts).toEqual(['one', 'two', 'four']);
    expect(store.state.players.get('a')?.live).toMatchObject({
      link: 'offline',
      problem: 'no longer in the config file',
    });
    expect(store.state.rooms.has('a')).toBe(true);
    await players.configure([puppet('a', 'one')]);
    await settle();
    expect(store.state.players.get('a')?.live.link).toBe('online');
  });
});

describe('a player that discovery sees at a new address', () => {
  const seen = async (host: string, key = 'q'): Promise<void> => {
    stage.players.found(stage.definition, { key, name: key, options: { host } });
    await settle();
  };
  const addressOf = (key: string): string => stage.store.state.players.get(key)!.kept.address;

  it('is looked for there at once when it is lost', async () => {
    stage = new Stage();
    stage.behave = 'refuse';
    await seen('there');
    await stage.clock.advance(30_000);
    stage.behave = 'connect';
    await seen('elsewhere');
    expect(stage.hosts.at(-1)).toBe('elsewhere');
    expect(stage.store.state.players.get('q')!.live.link).toBe('online');
    expect(addressOf('q')).toBe('elsewhere');
  });

  it('is looked for there as soon as an attempt at the old one has ended', async () => {
    stage = new Stage();
    stage.behave = 'hang';
    await seen('there');
    await seen('elsewhere');
    stage.behave = 'connect';
    await stage.clock.advance(LIMITS.connect);
    expect(stage.hosts).toEqual(['there', 'elsewhere']);
  });

  it('is let go at the old one when it does not answer there any more', async () => {
    stage = new Stage();
    await seen('there');
    stage.puppets[0]!.answers = false;
    await seen('elsewhere');
    await stage.clock.advance(LIMITS.probe + 1);
    expect(stage.hosts).toEqual(['there', 'elsewhere']);
    await expect(stage.puppets[0]!.closed).resolves.toMatchObject({ message: 'closed' });
    await stage.players.execute('q', { type: 'pause' });
    expect(stage.puppets[1]!.commands).toEqual([{ type: 'pause' }]);
  });

  it('is kept where it answers, for it may have two', async () => {
    stage = new Stage();
    await seen('there');
    for (const host of ['elsewhere', 'there', 'elsewhere']) await seen(host);
    await stage.clock.advance(LIMITS.probe);
    expect(stage.hosts).toEqual(['there']);
    stage.puppets[0]!.die('gone');
    await stage.clock.advance(500);
    expect(stage.hosts).toEqual(['there', 'elsewhere']);
  });

  it('may have changed places with another one', async () => {
    stage = new Stage();
    await seen('there', 'q');
    await seen('here', 'r');
    await seen('here', 'q');
    await seen('there', 'r');
    expect([addressOf('q'), addressOf('r')]).toEqual(['here', 'there']);
  });
});

describe('round trips to a player', () => {
  const trips = async (prepare: (stage: Stage) => unknown): Promise<readonly number[]> => {
    const stage = new Stage();
    await stage.start();
    await prepare(stage);
    const asked = stage.players.roundTrips('p', new AbortController().signal);
    await stage.clock.advance(9_000);
    const found = await asked;
    await stage.players.close();
    return found;
  };

  it('are twelve, and those of the last probes', async () => {
    const slow = async ({ puppets, clock }: Stage): Promise<void> => {
      puppets[0]!.probeMs = 90;
      await clock.advance(10_500);
      puppets[0]!.probeMs = 40;
    };
    expect(await trips(slow)).toEqual([90, ...Array.from({ length: 12 }, () => 40)]);
  });

  it('do not count while this machine itself stalls', async () => {
    const stalls = ({ puppets, clock }: Stage): void => {
      const now = clock.nowUs.bind(clock);
      let stalledUs = 0;
      clock.nowUs = () => now() + stalledUs;
      puppets[0]!.probe = () => {
        stalledUs += 80_000;
        return Promise.resolve();
      };
    };
    expect(await trips(stalls)).toEqual([]);
  });

  it('end after three seconds', async () => {
    expect((await trips(({ puppets }) => (puppets[0]!.probeMs = 600))).length).toBeLessThanOrEqual(5);
  });

  it('are none when nobody answers, or nobody is there', async () => {
    expect(await trips(({ puppets }) => (puppets[0]!.answers = false))).toEqual([]);
    expect(await trips(({ puppets }) => puppets[0]!.die('gone'))).toEqual([]);
  });
});
