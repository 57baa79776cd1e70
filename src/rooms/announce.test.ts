import { afterEach, describe, expect, it } from 'vitest';
import type { CommandRequest } from '../protocol/index.js';
import { RoomHouse, type ScriptedPlayer } from '../../test/fakes/room-house.js';

const caller = { connection_id: 'test', role: 'admin' } as const;
let house: RoomHouse;
afterEach(() => house.close());

type More = Partial<CommandRequest<'room:announce'>>;

async function announce(rooms: string, more: More = {}) {
  return house.settled(
    house.rooms.handlers['room:announce'](
      { room_ids: rooms.split(' '), clip: { track_id: 'bell' }, mode: 'duck', ...more },
      caller,
    ),
  );
}

function hasClip(player: ScriptedPlayer): boolean {
  return player.ref?.startsWith('clip-') ?? false;
}

/** The clip is over on these players. */
async function over(...names: string[]): Promise<void> {
  for (const name of names) house.player(name).finish();
  await house.clock.advance(1_000);
}

async function volume(roomId: string, level: number): Promise<void> {
  await house.settled(house.rooms.handlers['room:volume']({ room_id: roomId, volume: level }, caller));
}

const level = (name: string) => house.player(name).record.live.volume;

describe('an announcement', () => {
  it('interrupts music, and the music goes on where it was', async () => {
    house = new RoomHouse(['a']);
    await house.queue('a', 'x y');
    await house.clock.advance(20_000);
    const { outcomes } = await announce('a');
    expect(outcomes).toEqual([{ player_id: 'a', outcome: 'applied' }]);
    const stood = house.room('a').kept.position_seconds;
    expect(hasClip(house.player('a'))).toBe(true);
    await house.clock.advance(5_000);
    await over('a');
    expect(house.player('a')).toMatchObject({ title: 'x', status: 'playing' });
    expect(house.player('a').heardAt(house.clock.nowUs())).toBeCloseTo(stood + 1, 0);
    expect(house.room('a').live.state).toBe('playing');
  });

  it('never becomes part of what is kept', async () => {
    house = new RoomHouse(['a']);
    await house.queue('a', 'x y');
    await announce('a');
    expect(house.titles('a')).toBe('x y');
    expect(house.current('a')).toBe('x');
    expect(house.room('a').kept.intent).toBe('playing');
    expect(house.room('a').live.timeline.rate).toBe(0);
  });

  it('never starts what was not playing', async () => {
    house = new RoomHouse(['a', 'b']);
    await house.queue('a', 'x');
    await house.clock.advance(8_000);
    await house.command('pause', 'a');
    const { position_seconds } = house.room('a').kept;
    await announce('a b');
    await over('a', 'b');
    expect(house.player('a')).toMatchObject({ title: 'x', status: 'paused', position: position_seconds });
    expect(house.room('a').kept.intent).toBe('paused');
    expect(house.player('b')).toMatchObject({ ref: undefined, status: 'stopped' });
    expect(house.room('b').live.state).toBe('stopped');
  });

  it('begins everywhere at one moment, whichever rooms the players are in', async () => {
    house = new RoomHouse(['a', 'b', 'c']);
    await house.group('a', 'b');
    await house.queue('a', 'x');
    await announce('a c');
    await house.clock.advance(1_000);
    expect(['a', 'b', 'c'].map((name) => hasClip(house.player(name)))).toEqual([true, true, true]);
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
    expect(house.apart('a', 'c')).toBeCloseTo(0, 5);
  });

  it('gives a shared room its music back in phase', async () => {
    house = new RoomHouse(['a', 'b']);
    await house.group('a', 'b');
    await house.queue('a', 'x');
    await house.clock.advance(10_000);
    await announce('a');
    await house.clock.advance(3_000);
    await over('a', 'b');
    expect([house.player('a').title, house.player('b').title]).toEqual(['x', 'x']);
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
    expect(house.player('a').heardAt(house.clock.nowUs())).toBeGreaterThan(9.9);
    expect(house.player('a').heardAt(house.clock.nowUs())).toBeLessThan(12.5);
  });

  it('lets a radio go on live', async () => {
    house = new RoomHouse(['a']);
    await house.queue('a', 'radio');
    await house.clock.advance(60_000);
    await announce('a');
    await over('a');
    expect(house.player('a').sent.findLast(({ type }) => type === 'load')).toMatchObject({
      media: { title: 'radio' },
      position_seconds: 0,
      playing: true,
    });
  });

  it('has its own volume, and gives the old one back', async () => {
    house = new RoomHouse(['a']);
    await volume('a', 0.3);
    await house.queue('a', 'x');
    await announce('a', { volume: 0.7 });
    expect(level('a')).toBe(0.7);
    await over('a');
    expect(level('a')).toBe(0.3);
  });

  it('gives a player that was away at its end the old volume back when it is there again', async () => {
    house = new RoomHouse(['a']);
    await volume('a', 0.3);
    await house.queue('a', 'x');
    await announce('a', { volume: 0.7 });
    house.player('a').link('offline');
    await house.clock.advance(60_000);
    house.player('a').link('online');
    await house.clock.advance(1_000);
    expect(level('a')).toBe(0.3);
    expect(house.player('a').record.kept.before).toBeUndefined();
  });

  it('is heard in a muted room only when it brings a volume', async () => {
    house = new RoomHouse(['a']);
    await volume('a', 0.3);
    await house.settled(house.rooms.handlers['room:mute']({ room_id: 'a', muted: true }, caller));
    await announce('a');
    expect(house.player('a').record.live.muted).toBe(true);
    await over('a');
    await announce('a', { volume: 0.4 });
    expect(house.player('a').record.live.muted).toBe(false);
    await over('a');
    expect(house.player('a').record.live).toMatchObject({ muted: true, volume: 0.3 });
  });

  it('is no louder than the room may be', async () => {
    house = new RoomHouse(['a']);
    await volume('a', 0.3);
    await house.settled(house.rooms.handlers['room:limits']({ room_id: 'a', volume_limit: 0.5 }, caller));
    await announce('a', { volume: 1 });
    expect(level('a')).toBe(0.5);
  });

  it('leaves the volume that somebody chose meanwhile', async () => {
    house = new RoomHouse(['a']);
    await volume('a', 0.3);
    await announce('a', { volume: 0.7 });
    await volume('a', 0.5);
    await over('a');
    expect(level('a')).toBe(0.5);
  });
});

describe('what people ask for during an announcement', () => {
  it('is a pause that holds afterwards', async () => {
    house = new RoomHouse(['a']);
    await house.queue('a', 'x');
    await house.clock.advance(10_000);
    await announce('a');
    await house.command('pause', 'a');
    expect(hasClip(house.player('a'))).toBe(true);
    await over('a');
    expect(house.player('a')).toMatchObject({ title: 'x', status: 'paused' });
    expect(house.player('a').position).toBeCloseTo(10, 0);
  });

  it('is another place in the music', async () => {
    house = new RoomHouse(['a']);
    await house.queue('a', 'x');
    await announce('a');
    await house.seek('a', 70);
    await over('a');
    expect(house.player('a').status).toBe('playing');
    expect(house.player('a').heardAt(house.clock.nowUs())).toBeCloseTo(71, 0);
  });

  it('is the next item, at once', async () => {
    house = new RoomHouse(['a']);
    await house.queue('a', 'x y');
    await announce('a');
    await house.command('next', 'a');
    await house.clock.advance(2_000);
    expect(house.player('a')).toMatchObject({ title: 'y', status: 'playing' });
    expect(house.player('a').heardAt(house.clock.nowUs())).toBeGreaterThan(1);
  });

  it('is silence', async () => {
    house = new RoomHouse(['a', 'b']);
    await house.group('a', 'b');
    await house.queue('a', 'x');
    await announce('a');
    await house.command('stop', 'a');
    await house.clock.advance(2_000);
    expect([house.player('a').ref, house.player('b').ref]).toEqual([undefined, undefined]);
    expect(house.room('a').kept.intent).toBe('stopped');
  });
});

describe('when an announcement goes wrong', () => {
  it('the music comes back although the clip cannot be played', async () => {
    house = new RoomHouse(['a']);
    await house.queue('a', 'x');
    await house.clock.advance(10_000);
    house.player('a').broken.add('Announcement');
    await announce('a').catch(() => undefined);
    await house.clock.advance(15_000);
    expect(house.player('a')).toMatchObject({ title: 'x', status: 'playing' });
  });

  it('a player that is away is left out, and the others hear it', async () => {
    house = new RoomHouse(['a', 'b']);
    await house.group('a', 'b');
    house.player('b').link('offline');
    const { outcomes } = await announce('a');
    expect(outcomes).toEqual([
      { player_id: 'a', outcome: 'applied' },
      { player_id: 'b', outcome: 'failed', reason: 'it is not connected' },
    ]);
  });

  it('nobody hears it where nobody can, and the answer says so', async () => {
    house = new RoomHouse(['a']);
    house.player('a').link('offline');
    await expect(announce('a')).rejects.toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
    await expect(announce('nowhere')).rejects.toMatchObject({ code: 'ERR_ROOM_NOT_FOUND' });
  });

  it('a clip without an end is cut off', async () => {
    house = new RoomHouse(['a']);
    await house.queue('a', 'x');
    await announce('a', { clip: { url: 'http://radio/' } });
    await house.clock.advance(125_000);
    expect(house.player('a')).toMatchObject({ title: 'x', status: 'playing' });
  });

  it('a server that starts again goes on with the music, at its volume', async () => {
    house = new RoomHouse(['a']);
    await volume('a', 0.3);
    await house.queue('a', 'x');
    await house.clock.advance(10_000);
    await announce('a', { volume: 0.8 });
    house.restart();
    house.player('a').link('connecting');
    house.player('a').turn({ volume: 0.8 });
    house.player('a').stand('playing');
    house.player('a').link('online');
    await house.clock.advance(1_000);
    expect(house.player('a')).toMatchObject({ title: 'x', status: 'playing' });
    expect(house.player('a').heardAt(house.clock.nowUs())).toBeCloseTo(11, 0);
    expect(level('a')).toBe(0.3);
    expect(house.player('a').record.kept.before).toBeUndefined();
  });
});

describe('several announcements', () => {
  it('are refused when too many wait', async () => {
    house = new RoomHouse(['a']);
    for (let n = 0; n < 8; n++) await announce('a');
    await expect(announce('a')).rejects.toMatchObject({ code: 'ERR_BUSY' });
  });

  it('follow each other, and the music comes back after the last', async () => {
    house = new RoomHouse(['a']);
    await house.queue('a', 'x');
    await house.clock.advance(10_000);
    await announce('a');
    const { ref } = house.player('a');
    const { outcomes } = await announce('a');
    expect(outcomes[0]?.outcome).toBe('queued');
    expect(house.player('a').ref).toBe(ref);
    await over('a');
    expect(hasClip(house.player('a'))).toBe(true);
    expect(house.player('a').ref).not.toBe(ref);
    await over('a');
    expect(house.player('a')).toMatchObject({ title: 'x', status: 'playing' });
    expect(house.player('a').heardAt(house.clock.nowUs())).toBeCloseTo(11, 0);
  });
});
