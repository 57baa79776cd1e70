import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RoomHouse } from '../../test/fakes/room-house.js';

let house: RoomHouse;
const ALL = ['a', 'b', 'c'];

/** Starts at a moment that a player was told since. */
const starts = (name: string, since = 0): unknown[] =>
  house
    .player(name)
    .sent.slice(since)
    .flatMap((command) => (command.type === 'play' ? [command.cue] : []));

function says(name: string, skew_ms: number, error_ms = 4): void {
  const at_us = house.clock.nowUs();
  house.player(name).fact({ type: 'sync', skew_ms, error_ms, estimated: true, at_us });
}

/** Time passes, and the players say how far off they are. */
async function passes(skews: Readonly<Record<string, number>>, error = 4, seconds = 30): Promise<void> {
  for (let second = 0; second < seconds; second += 5) {
    for (const [name, skew] of Object.entries(skews)) says(name, skew, error);
    await house.clock.advance(5_000);
  }
}

/** They go on to what is preloaded, one shortly after the other. */
async function nextTrack(): Promise<void> {
  for (const name of ALL) {
    house.player(name).finish();
    await house.clock.advance(20);
  }
  await house.clock.advance(1_000);
}

let told: Record<string, number> = {};
const mark = (): void => {
  told = Object.fromEntries(ALL.map((name) => [name, house.player(name).sent.length]));
};
const restarted = (): string[] => ALL.filter((name) => starts(name, told[name]).length > 0);

/** `a` leads. */
async function open(steered: string): Promise<void> {
  house = new RoomHouse(
    ALL,
    Object.fromEntries(ALL.map((name) => [name, name === steered ? 'steered' : 'nudged'])),
  );
  await house.queue('a', 'u v w x y z', false);
  await house.group('a', 'b', 'c');
  await house.command('play', 'a');
  mark();
}
afterEach(() => house.close());

describe('nudged members beside one that is steered', () => {
  beforeEach(() => open('a'));

  it('start anew together at a track start when one of them is too far off', async () => {
    await passes({ b: 25, c: 1 });
    expect(restarted()).toEqual([]);
    await nextTrack();
    expect(restarted()).toEqual(['b', 'c']);
    expect(starts('b', told['b'])).toHaveLength(1);
    expect(starts('b', told['b'])).toEqual(starts('c', told['c']));
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
    expect(house.room('a').live.state).toBe('playing');
  });

  it('say so to the truth meter', async () => {
    await passes({ b: 25, c: 1 });
    await nextTrack();
    expect(house.rooms.measurements().corrections).toEqual([
      { player_id: 'b', kind: 'realign', count: 1 },
      { player_id: 'c', kind: 'realign', count: 1 },
    ]);
  });

  it('are left alone when they are near enough', async () => {
    await passes({ b: 15, c: -3 });
    await nextTrack();
    expect(restarted()).toEqual([]);
  });

  it('are left alone when it may be the estimate that is wrong', async () => {
    await passes({ b: 25, c: 24 }, 255);
    await nextTrack();
    expect(restarted()).toEqual([]);
  });

  it('start anew when two of a kind, that may both be wrong alike, differ', async () => {
    await passes({ b: 25, c: -10 }, 255);
    await nextTrack();
    expect(restarted()).toEqual(['b', 'c']);
  });

  it('wait for the one that is not in the new track yet', async () => {
    await passes({ b: 25, c: 1 });
    for (const name of ['a', 'b']) house.player(name).finish();
    await house.clock.advance(500);
    expect(restarted()).toEqual([]);
    house.player('c').finish();
    await house.clock.advance(500);
    expect(restarted()).toEqual(['b', 'c']);
  });

  it('are not loaded anew when they go on a little later than the others', async () => {
    await passes({ b: 1, c: 1 });
    for (const name of ['a', 'b']) house.player(name).finish();
    await house.clock.advance(2_000);
    house.player('c').finish();
    await house.clock.advance(1_000);
    expect(house.player('c').title).toBe('v');
    expect(
      house
        .player('c')
        .sent.slice(told['c'])
        .map(({ type }) => type),
    ).toEqual(['follow', 'preload']);
  });

  it('start anew within a track only when they are far off, and once', async () => {
    await passes({ b: 60, c: 1 });
    expect(restarted()).toEqual([]);
    await passes({ b: 75, c: 1 });
    expect(restarted()).toEqual(['b', 'c']);
    mark();
    await passes({ b: 75, c: 1 });
    expect(restarted()).toEqual([]);
  });

  it('are tried less and less often when it does not help', async () => {
    const when: number[] = [];
    for (let track = 0; track < 4; track++) {
      await passes({ b: 25, c: 1 }, 4, 20);
      mark();
      await nextTrack();
      if (restarted().length > 0) when.push(track);
    }
    expect(when).toEqual([0, 3]);
  });

  it('are re-aligned at each track start as long as it helps', async () => {
    for (let track = 0; track < 4; track++) {
      await passes({ b: 25, c: 1 }, 4, 10);
      mark();
      await nextTrack();
      expect(restarted()).toEqual(['b', 'c']);
      await passes({ b: 1, c: 0 }, 4, 5);
      await passes({ b: 25, c: 1 }, 4, 30);
    }
  });

  it('do not start anew after a pause for what was before it', async () => {
    await passes({ b: 25, c: 1 });
    await house.command('pause', 'a');
    await house.command('play', 'a');
    mark();
    await nextTrack();
    expect(restarted()).toEqual([]);
  });
});

describe('a nudged member that is tuned by ear', () => {
  beforeEach(() => open('a'));

  it('is heard where it belongs as soon as it is not tuned any more, alone', async () => {
    for (const ms of [10, 11, 12]) {
      await house.latency('b', ms);
      await house.clock.advance(200);
    }
    says('b', -12);
    expect(restarted()).toEqual([]);
    await house.clock.advance(2_000);
    expect(restarted()).toEqual(['b']);
    expect(starts('b', told['b'])).toHaveLength(1);
    expect(house.rooms.measurements().corrections).toEqual([{ player_id: 'b', kind: 'restart', count: 1 }]);
  });

  it('is not started by it while the room is paused', async () => {
    await house.command('pause', 'a');
    await house.latency('b', 20);
    mark();
    await house.clock.advance(5_000);
    expect(restarted()).toEqual([]);
  });

  it('does no more than follow when it can be steered', async () => {
    await house.latency('a', 20);
    await house.clock.advance(5_000);
    expect(restarted()).toEqual([]);
  });
});

describe('nudged members that are led by one of them', () => {
  beforeEach(() => open('nobody'));

  it('keep going when they have drifted away together, for the music goes with them', async () => {
    await passes({ a: 30, b: 28, c: 29 });
    await nextTrack();
    expect(restarted()).toEqual([]);
  });

  it('start anew together, the leader too, when they have drifted apart', async () => {
    await passes({ a: 30, b: 2, c: 29 });
    await nextTrack();
    expect(restarted()).toEqual(ALL);
    expect(starts('a', told['a'])).toEqual(starts('b', told['b']));
  });
});
