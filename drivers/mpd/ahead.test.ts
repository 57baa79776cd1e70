import { describe, expect, it } from 'vitest';
import { Ahead, LearntAhead } from './ahead.js';
import { Heard } from './heard.js';

describe('how far MPD runs ahead', () => {
  it('is unknown until a start was measured, or it is told', () => {
    expect(new Ahead(undefined, {}).ms).toBeUndefined();
    expect(new Ahead(900, {}).ms).toBe(900);
  });

  it('is the middle of the last starts, so that one bad start changes little', () => {
    const ahead = new Ahead(undefined, {});
    for (const ms of [26, 25, -70, 27, 26]) ahead.learn(ms);
    expect(ahead.ms).toBe(26);
    for (const ms of [600, 601, 602]) ahead.learn(ms);
    expect(ahead.ms).toBe(600);
  });

  it('is another one for another set of outputs, whatever their order', () => {
    const ahead = new Ahead(undefined, {});
    ahead.use(['kitchen', 'bath']);
    ahead.learn(30);
    ahead.use(['kitchen']);
    expect(ahead.ms).toBeUndefined();
    ahead.use(['bath', 'kitchen']);
    expect(ahead.ms).toBe(30);
  });

  it('leaves what is no buffer to the start, when it is told', () => {
    const ahead = new Ahead(127, {});
    expect(ahead.startMs).toBe(0);
    ahead.learn(25);
    expect(ahead).toMatchObject({ ms: 127, startMs: 102 });
  });

  it('survives a restart, and stays small', () => {
    const ahead = new Ahead(undefined, {});
    for (let n = 0; n < 9; n++) {
      ahead.use([`output with a name as long as somebody cared to make it, which is long ${n}`]);
      for (const ms of [1, 2, 3, 4, 5, 6, 7]) ahead.learn(ms + n);
    }
    const kept = LearntAhead.parse(JSON.parse(JSON.stringify(ahead.toMemory())));
    expect(JSON.stringify(kept).length).toBeLessThan(500);
    const again = new Ahead(undefined, kept);
    again.use([`output with a name as long as somebody cared to make it, which is long 8`]);
    expect(again.ms).toBe(ahead.ms);
  });

  it('is not learnt from nonsense', () => {
    const ahead = new Ahead(undefined, {});
    expect([ahead.learn(-5000), ahead.learn(Number.NaN), ahead.learn(60_000)]).toEqual([false, false, false]);
    expect(ahead.ms).toBeUndefined();
  });
});

describe('where a song is heard', () => {
  const at = (seconds: number): number => seconds * 1e6;

  it('is where MPD says while nothing is known', () => {
    expect(new Heard(new Ahead(undefined, {})).place('1', 5, at(100))).toEqual({
      position_seconds: 5,
      at_us: at(100),
    });
  });

  it('is behind what MPD says by the buffer, and begins ahead of now when it cannot be heard yet', () => {
    const heard = new Heard(new Ahead(800, {}));
    expect(heard.place('1', 5, at(100)).position_seconds).toBeCloseTo(4.2);
    expect(heard.place('1', 0.3, at(100))).toEqual({ position_seconds: 0, at_us: at(100.5) });
  });

  it('is on the measured line, whatever the step at which MPD was asked', () => {
    const heard = new Heard(new Ahead(100, {}));
    heard.measured('1', { zero_us: at(50), tooth_ms: 110, error_ms: 2 });
    expect(heard.place('1', 9.9, at(60)).position_seconds).toBeCloseTo(9.9);
    expect(heard.place('1', 10, at(60)).position_seconds).toBeCloseTo(9.9);
  });

  it('is where MPD says when that contradicts the line', () => {
    const heard = new Heard(new Ahead(100, {}));
    heard.measured('1', { zero_us: at(50), tooth_ms: 20, error_ms: 2 });
    expect(heard.place('1', 30, at(60)).position_seconds).toBeCloseTo(29.9);
    expect(heard.fits('1', 9.5, at(60))).toBe(false);
  });

  it('is on the line, too, when the answer took so long that nobody knows when it was true', () => {
    const heard = new Heard(new Ahead(100, {}));
    heard.measured('1', { zero_us: at(50), tooth_ms: 20, error_ms: 2 });
    expect(heard.fits('1', 10.03, at(60))).toBe(false);
    expect(heard.place('1', 10.03, at(60), 40_000).position_seconds).toBeCloseTo(9.9);
  });

  it('goes on into the next song where the one before ends', () => {
    const heard = new Heard(new Ahead(100, {}));
    heard.measured('1', { zero_us: at(50), tooth_ms: 20, error_ms: 2 });
    heard.wentOn('1', '2', 30);
    expect(heard.place('2', 0, at(80))).toEqual({ position_seconds: 0, at_us: at(80.1) });
    expect(heard.place('2', 0.98, at(81)).position_seconds).toBeCloseTo(0.9);
  });
});
