import { describe, expect, it } from 'vitest';
import { silentLogger, type Clock } from '../../src/base/index.js';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { Ahead } from './ahead.js';
import type { MpdConnection } from './client.js';
import { Heard } from './heard.js';
import { Starting, type Start } from './starting.js';

/** An MPD whose commands take some time on their way, and their answers as much; `delays`: of each start, the last for all that follow. */
function mpdThatTakes(...delays: readonly number[]) {
  return mpdThat({ delays });
}

/** `busyMs`: after each seek it decodes so long, and the machine does nothing else. */
function mpdThat({
  delays = [],
  busyMs = 0,
}: {
  readonly delays?: readonly number[];
  readonly busyMs?: number;
}) {
  const clock = new ManualClock();
  let seeks = 0;
  let busyUs = 0;
  const busy: Clock = {
    nowUs: () => clock.nowUs(),
    wallMs: () => clock.wallMs(),
    every: (ms, work) => clock.every(ms, work),
    after: (ms, work) =>
      clock.after(
        Math.max(ms, 0),
        () => void clock.after(Math.max(0, (busyUs - clock.nowUs()) / 1000), work),
      ),
  };
  const left = [...delays];
  /** Where the line of the room is, less where MPD begins, at each start: what is heard late, ms. */
  const late: number[] = [];
  const told: Start[] = [];
  let position = 0;
  const pass = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
  const line = { position_seconds: 10, at_us: clock.nowUs() + 300_000 };
  const connection = {
    list: (commands: readonly (readonly string[])[]) => {
      const seek = commands.find(([name]) => name === 'seekid');
      position = Number(seek?.[2] ?? position);
      if (seek) seeks++;
      busyUs = clock.nowUs() + busyMs * 1000;
      return Promise.resolve();
    },
    request: async () => {
      const ms = (left.length > 1 ? left.shift() : left[0]) ?? 0;
      await pass(ms);
      const lateMs = (line.position_seconds - position) * 1000 + (clock.nowUs() - line.at_us) / 1000;
      late.push(Math.round(lateMs) + 0);
      await pass(ms);
    },
  } as unknown as MpdConnection;
  const ahead = new Ahead(undefined, {});
  const starting = new Starting({
    connection,
    clock: busy,
    log: silentLogger,
    ahead,
    heard: new Heard(ahead),
    inTurn: (work) => void work(),
    onStarted: (start) => told.push(start),
  });
  const song = { id: '1', live: false };
  const start = async () => {
    line.at_us = clock.nowUs() + 300_000;
    await starting.arrange(song, line, 'pause');
    await clock.advance(2000);
  };
  return { clock, late, told, starting, start, seeks: () => seeks };
}

describe('a start', () => {
  it('is told as it was', async () => {
    const { start, late, told } = mpdThatTakes(2);
    await start();
    expect(late).toEqual([2]);
    expect(told).toHaveLength(1);
  });

  it('that was late once is done over at once, and as it was planned', async () => {
    const { start, late, told } = mpdThatTakes(18, 1);
    await start();
    expect(late).toEqual([18, 1]);
    expect(told).toHaveLength(1);
  });

  it('that is always late is sent so much earlier, the next one from the first', async () => {
    const { start, late, told } = mpdThatTakes(18);
    await start();
    expect(late).toEqual([18, 18, 0]);
    await start();
    expect(late.slice(3)).toEqual([0]);
    expect(told).toHaveLength(2);
  });

  it('that is never in time plays on after some tries', async () => {
    const { start, late, told } = mpdThatTakes(15, 40, 0, 40);
    await start();
    expect(late).toHaveLength(4);
    expect(told).toHaveLength(1);
  });

  it('whose preparation keeps the machine busy gets more time for it each time', async () => {
    const { start, late, told, clock, seeks } = mpdThat({ busyMs: 700 });
    await start();
    await clock.advance(3000);
    expect(late).toEqual([0]);
    expect(told).toHaveLength(1);
    expect(seeks()).toBeLessThanOrEqual(6);
  });

  it('that is late whatever time it gets plays after some tries, and is told as it was', async () => {
    const { start, late, told, clock, seeks } = mpdThat({ busyMs: 5000 });
    await start();
    await clock.advance(60_000);
    expect(late).toHaveLength(1);
    expect(late[0]).toBeGreaterThan(1000);
    expect(told).toHaveLength(1);
    expect(seeks()).toBe(7);
  });

  it('that was given up on its way is not told', async () => {
    const { starting, start, clock, told } = mpdThatTakes(18);
    void clock.after(310, () => starting.cancel());
    await start();
    expect(told).toEqual([]);
  });
});
