import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../base/index.js';
import { RoomHouse } from '../../test/fakes/room-house.js';
import { Plays } from './plays.js';

let house: RoomHouse;
afterEach(() => house.close());

const caller = { connection_id: 'test', role: 'admin' } as const;
const seconds = (n: number): Promise<void> => house.clock.advance(n * 1000);
const plays = (): string => house.played.join(' ');
const repeatOne = async (): Promise<void> =>
  void (await house.rooms.handlers['room:repeat']({ room_id: 'a', repeat: 'one' }, caller));

/** Room `a` begins with `x` of three tracks, 100 s each. */
async function playing(...rooms: string[]): Promise<void> {
  house = new RoomHouse(['a', ...rooms]);
  await house.queue('a', 'x y z');
}

/** All players of the room are at the end of what they play. */
async function finished(...names: string[]): Promise<void> {
  for (const name of names) house.player(name).finish();
  await house.quiet();
}

describe('[PC1] a track', () => {
  it('counts when half of it was heard, and then no more', async () => {
    await playing();
    await seconds(45);
    expect(plays()).toBe('');
    await seconds(10);
    expect(plays()).toBe('x');
    await seconds(40);
    expect(plays()).toBe('x');
  });

  it('does not count when it was skipped', async () => {
    await playing();
    await seconds(40);
    await house.command('next', 'a');
    await seconds(40);
    expect([house.current('a'), plays()]).toEqual(['y', '']);
  });

  it('does not count for a seek behind its middle, while it plays or before', async () => {
    await playing();
    await seconds(10);
    await house.seek('a', 90);
    await seconds(9);
    await house.command('stop', 'a');
    await house.seek('a', 60);
    await house.command('play', 'a');
    await seconds(35);
    expect([house.current('a'), plays()]).toEqual(['x', '']);
  });

  it('does not count twice when somebody goes back in it', async () => {
    await playing();
    await seconds(80);
    await house.seek('a', 0);
    await seconds(60);
    await house.command('previous', 'a');
    await seconds(60);
    expect([house.current('a'), plays()]).toEqual(['x', 'x']);
  });

  it('goes on where it was after a pause, however long, and does not count in it', async () => {
    await playing();
    await seconds(30);
    await house.command('pause', 'a');
    await seconds(3600);
    expect(plays()).toBe('');
    await house.command('play', 'a');
    await seconds(25);
    expect(plays()).toBe('x');
  });

  it('counts again when it begins again: repeated by the room, or after a stop', async () => {
    await playing();
    await repeatOne();
    await seconds(99);
    await finished('a');
    await seconds(60);
    expect([house.current('a'), plays()]).toEqual(['x', 'x x']);
    await house.command('stop', 'a');
    await house.command('play', 'a');
    await seconds(60);
    expect(plays()).toBe('x x x');
  });

  it('counts when the player goes on to it by itself', async () => {
    await playing();
    await seconds(99);
    await finished('a');
    await seconds(55);
    expect([house.current('a'), plays()]).toEqual(['y', 'x y']);
  });

  it('is not what has no length', async () => {
    house = new RoomHouse(['a']);
    await house.queue('a', 'radio');
    await seconds(3600);
    expect(plays()).toBe('');
  });
});

describe('[PC2] one listening', () => {
  it('counts once in a room of several players', async () => {
    await playing('b', 'c');
    await house.group('a', 'b', 'c');
    await seconds(60);
    expect([house.player('c').title, plays()]).toEqual(['x', 'x']);
    await house.seek('a', 0);
    await seconds(60);
    expect(plays()).toBe('x');
  });

  it('counts each time a shared room repeats it', async () => {
    await playing('b');
    await house.group('a', 'b');
    await repeatOne();
    await seconds(96);
    await finished('a', 'b');
    await seconds(60);
    expect([house.current('a'), plays()]).toEqual(['x', 'x x']);
  });

  it('counts in each room that plays it on its own', async () => {
    await playing('b');
    await house.queue('b', 'x');
    await seconds(60);
    expect(plays()).toBe('x x');
  });

  it('goes on in another room: counted once, wherever its middle was', async () => {
    await playing('b', 'c');
    await seconds(30);
    await house.transfer('a', 'b');
    await seconds(25);
    expect([house.current('b'), plays()]).toEqual(['x', 'x']);
    await house.transfer('b', 'c');
    await seconds(30);
    expect([house.current('c'), plays()]).toEqual(['x', 'x']);
  });

  it('goes on after a restart of the server: not lost, and not counted twice', async () => {
    await playing();
    const again = async (): Promise<void> => {
      const position = house.player('a').heardAt(house.clock.nowUs());
      house.store.commit({
        type: 'room/intent',
        room_id: 'a',
        intent: 'playing',
        state: 'playing',
        item_id: house.room('a').kept.item_id,
        position_seconds: position,
        at_us: house.clock.nowUs(),
        rate: 1,
      });
      house.restart();
      house.player('a').link('online');
      house.player('a').stand('playing', position);
      await house.quiet();
    };
    await seconds(30);
    await again();
    await seconds(15);
    expect(plays()).toBe('');
    await seconds(10);
    expect(plays()).toBe('x');
    await again();
    await seconds(40);
    expect(plays()).toBe('x');
  });
});

it('[PC2] music goes on when a play cannot be kept, and the log says so', async () => {
  house = new RoomHouse(['a']);
  const said: unknown[] = [];
  const plays = new Plays({
    store: house.store,
    clock: house.clock,
    log: { ...silentLogger, warn: (fields, text) => void said.push([fields, text]) },
    played: () => {
      throw new Error('the disk is full');
    },
  });
  await house.queue('a', 'x');
  await seconds(60);
  plays.look(house.room('a'));
  plays.look(house.room('a'));
  expect(said).toEqual([[{ track_id: 'x', error: 'the disk is full' }, 'a play could not be kept']]);
  expect(house.player('a').status).toBe('playing');
  plays.close();
});
