import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../base/index.js';
import type { Handlers } from '../protocol/index.js';
import { commandRunner } from '../server/index.js';
import { RoomHouse } from '../../test/fakes/room-house.js';
import { resumeLater } from './resume-later.js';

let house: RoomHouse;
afterEach(() => house.close());

/** A room that played when the power went, in a new life that began at a moment of which it is not known when it was. */
async function started(): Promise<{ readonly end: () => void; readonly heardMs: number }> {
  house = new RoomHouse(['a']);
  await house.queue('a', 'one');
  await house.command('pause', 'a');
  const heardMs = house.clock.wallMs();
  house.clock.turn(false);
  const undecided = { wall_ms: heardMs, room_ids: ['a'], startedUs: house.clock.nowUs() };
  const run = commandRunner(house.rooms.handlers as unknown as Handlers, silentLogger);
  const end = resumeLater({ undecided, store: house.store, clock: house.clock, log: silentLogger, run });
  await house.clock.advance(20_000);
  return { end, heardMs };
}

const intent = (): string => house.room('a').kept.intent;

describe('music after a power cut, where no battery keeps the time', () => {
  it('goes on when the network says that it was short', async () => {
    await started();
    expect(intent()).toBe('paused');
    house.clock.turn(true, 60_000);
    await house.clock.advance(500);
    expect(intent()).toBe('playing');
  });
  it('stays paused when the network says that it was long', async () => {
    await started();
    house.clock.turn(true, 5 * 3_600_000);
    await house.clock.advance(500);
    expect(intent()).toBe('paused');
  });
  it('stays as somebody left it meanwhile', async () => {
    await started();
    await house.command('stop', 'a');
    house.clock.turn(true, 60_000);
    await house.clock.advance(500);
    expect(intent()).toBe('stopped');
  });
  it('does not go on when everybody has forgotten about it', async () => {
    await started();
    await house.clock.advance(6 * 60_000);
    house.clock.turn(true, 60_000);
    await house.clock.advance(500);
    expect(intent()).toBe('paused');
  });
});
