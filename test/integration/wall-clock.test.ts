import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  openWall,
  silentLogger,
  type ClockProbe,
  type OpenedWall,
  type WallTurn,
} from '../../src/base/index.js';
import { ManualClock } from '../fakes/manual-clock.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
const THEN = Date.UTC(2026, 11, 24, 18);

let dir: string;
let opened: OpenedWall[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tutti-wall-'));
  opened = [];
});

afterEach(() => {
  for (const wall of opened) wall.close();
  rmSync(dir, { recursive: true });
});

/** One start of the machine. */
function boot(machineMs: number, probe: Partial<ClockProbe> = {}) {
  const clock = new ManualClock(machineMs);
  const wall = openWall({
    clock,
    file: join(dir, 'clock'),
    log: silentLogger,
    probe: { synchronized: () => undefined, battery: () => false, life: () => undefined, ...probe },
  });
  opened.push(wall);
  wall.start();
  const turns: WallTurn[] = [];
  wall.onTurn((turn) => void turns.push(turn));
  return { clock, wall, turns };
}

describe('the clock of the server', () => {
  it('goes on from what is on disk when the machine starts in 1970, and takes the time of the network', async () => {
    const before = boot(THEN);
    await before.clock.advance(HOUR);
    before.wall.close();
    const { clock, wall, turns } = boot(5000);
    expect([wall.trusted(), wall.wallMs()]).toEqual([false, THEN + HOUR]);
    await clock.advance(30 * MINUTE);
    expect([wall.trusted(), wall.wallMs()]).toEqual([false, THEN + HOUR + 30 * MINUTE]);
    clock.set(THEN + 9 * HOUR);
    await clock.advance(15_000);
    expect([wall.trusted(), wall.wallMs()]).toEqual([true, THEN + 9 * HOUR + 15_000]);
    expect(turns).toMatchObject([{ trusted: true }]);
    expect(turns[0]!.by_ms / HOUR).toBeCloseTo(7.5, 1);
  });

  it('does not follow a leap of years, and is right at once when it was undone', async () => {
    const { clock, wall, turns } = boot(THEN);
    clock.set(THEN + 70 * YEAR);
    expect([wall.wallMs(), wall.trusted()]).toEqual([THEN, false]);
    await clock.advance(5 * MINUTE);
    expect(wall.wallMs()).toBe(THEN + 5 * MINUTE);
    clock.set(THEN + 5 * MINUTE);
    await clock.advance(15_000);
    expect([wall.trusted(), wall.wallMs()]).toEqual([true, THEN + 5 * MINUTE + 15_000]);
    expect(turns).toEqual([
      { by_ms: 0, trusted: false },
      { by_ms: 0, trusted: true },
    ]);
  });

  it('believes a leap that stays, and is not lost in the future when that was wrong', async () => {
    const { clock, wall } = boot(THEN);
    clock.set(THEN + 5 * YEAR);
    await clock.advance(11 * MINUTE);
    expect([wall.trusted(), wall.wallMs()]).toEqual([true, THEN + 5 * YEAR + 11 * MINUTE]);
    wall.close();
    const next = boot(THEN + HOUR);
    expect(next.wall.trusted()).toBe(false);
    await next.clock.advance(11 * MINUTE);
    expect([next.wall.trusted(), next.wall.wallMs()]).toEqual([true, THEN + HOUR + 11 * MINUTE]);
  });

  it('tells of a small step within fifteen seconds', async () => {
    const { clock, wall, turns } = boot(THEN);
    await clock.advance(HOUR);
    clock.set(clock.wallMs() + 275_000);
    await clock.advance(15_000);
    expect(turns).toEqual([{ by_ms: 275_000, trusted: true }]);
    expect(wall.wallMs()).toBe(clock.wallMs());
  });

  it('waits for the network when the machine is about to ask it', async () => {
    let set = false;
    const { clock, wall } = boot(THEN, { synchronized: () => set });
    expect([wall.trusted(), wall.wallMs()]).toEqual([false, THEN]);
    set = true;
    clock.set(THEN + 8 * HOUR);
    await clock.advance(15_000);
    expect([wall.trusted(), wall.wallMs()]).toEqual([true, THEN + 8 * HOUR + 15_000]);
    set = false;
    await clock.advance(HOUR);
    expect(wall.trusted()).toBe(true);
  });

  it('waits after the machine was off, where nothing says whether its clock was set, and not after the server alone was', async () => {
    const life = (name: string, ms: number) => ({ life: () => ({ name, ms }) });
    const one = '11111111-1111-4111-8111-111111111111';
    const two = '22222222-2222-4222-8222-222222222222';
    boot(THEN, life(one, HOUR)).wall.close();
    expect(boot(THEN + MINUTE, life(one, 2 * MINUTE)).wall.trusted()).toBe(true);
    const { clock, wall } = boot(THEN + MINUTE, life(two, MINUTE));
    expect(wall.trusted()).toBe(false);
    clock.set(THEN + 9 * HOUR);
    await clock.advance(15_000);
    expect([wall.trusted(), wall.wallMs()]).toEqual([true, THEN + 9 * HOUR + 15_000]);
  });

  it('believes a machine without a network after ten minutes', async () => {
    const { clock, wall, turns } = boot(THEN, { synchronized: () => false });
    await clock.advance(9 * MINUTE);
    expect(wall.trusted()).toBe(false);
    await clock.advance(MINUTE + 15_000);
    expect(wall.trusted()).toBe(true);
    expect(turns).toEqual([{ by_ms: 0, trusted: true }]);
  });

  it('takes a file that was torn for none, and writes nothing that it does not believe', () => {
    writeFileSync(join(dir, 'clock'), '\0\0\0\0');
    expect(boot(THEN).wall.trusted()).toBe(true);
    boot(0).wall.close();
    expect(Number(readFileSync(join(dir, 'clock'), 'utf8'))).toBe(THEN);
  });

  it('goes on when the disk refuses', async () => {
    rmSync(dir, { recursive: true });
    const { clock, wall } = boot(THEN);
    await clock.advance(HOUR);
    expect(wall.wallMs()).toBe(THEN + HOUR);
    dir = mkdtempSync(join(tmpdir(), 'tutti-wall-'));
  });
});
