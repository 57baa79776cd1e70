import { describe, expect, it } from 'vitest';
import type { Check } from '../protocol/index.js';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { Doctor } from './doctor.js';
import { ok, problem, type CheckSpec, type Finding } from './finding.js';

const caller = { connection_id: 'test', role: 'admin' } as const;
const spec = (id: string, run: CheckSpec['run']): CheckSpec => ({
  id,
  title: id,
  part: 'network',
  why: 'It matters.',
  run,
});

function stage(checks: (askTime: boolean) => readonly CheckSpec[]) {
  const clock = new ManualClock();
  const told: Check[] = [];
  const gone: string[] = [];
  const doctor = new Doctor({
    clock,
    checks,
    tell: (items) => told.push(...items),
    forget: (ids) => gone.push(...ids),
  });
  return { clock, told, gone, doctor };
}

describe('the doctor of a running server', () => {
  it('tells each check as it waits, begins and is done', async () => {
    const { doctor, told } = stage(() => [
      spec('a', () => ok('well')),
      spec('b', () => problem('torn', 'sew it')),
    ]);
    await doctor.handlers['doctor:run']({ ask_time: false }, caller);
    await doctor.findings();
    expect(told.filter(({ check_id }) => check_id === 'b').map(({ state }) => state)).toEqual([
      'waiting',
      'running',
      'done',
    ]);
    expect(doctor.report()).toMatchObject({
      state: 'done',
      checks: [
        { check_id: 'a', severity: 'ok', measured: true },
        { check_id: 'b', severity: 'problem', fix: 'sew it' },
      ],
    });
  });

  it('looks once at a time', async () => {
    let finish: (finding: Finding) => void = () => undefined;
    const { doctor } = stage(() => [spec('a', () => new Promise((resolve) => (finish = resolve)))]);
    await doctor.handlers['doctor:run']({ ask_time: false }, caller);
    expect(() => doctor.handlers['doctor:run']({ ask_time: false }, caller)).toThrow('already');
    finish(ok('well'));
    await doctor.findings();
    await doctor.handlers['doctor:run']({ ask_time: false }, caller);
    finish(ok('well'));
    await doctor.findings();
  });

  it('is over in ten seconds, whatever hangs', async () => {
    const hang = (): Promise<Finding> => new Promise(() => undefined);
    const { doctor, clock } = stage(() => Array.from({ length: 12 }, (_, n) => spec(`hangs-${n}`, hang)));
    await doctor.handlers['doctor:run']({ ask_time: false }, caller);
    for (let second = 0; second < 11; second++) await clock.advance(1000);
    const { state, checks, duration_ms } = doctor.report();
    expect(state).toBe('done');
    expect(duration_ms).toBeLessThanOrEqual(10_100);
    expect(checks.every(({ measured, severity }) => !measured && severity === 'notice')).toBe(true);
    expect(checks[0]?.found).toContain('“hangs-0” took longer than 4000 ms');
  });

  it('forgets what is not looked at any more, but not the phone', async () => {
    let ids = ['a', 'b'];
    const { doctor, gone } = stage(() => ids.map((id) => spec(id, () => ok('well'))));
    await doctor.findings();
    await doctor.handlers['doctor:phone']({ round_trips_ms: [4, 5, 6, 5, 4] }, caller);
    ids = ['a'];
    await doctor.handlers['doctor:run']({ ask_time: false }, caller);
    await doctor.findings();
    expect(gone).toEqual(['b']);
    expect(doctor.report().checks.map(({ check_id }) => check_id)).toEqual(['a', 'phone']);
  });

  it('asks a time server only when told to', async () => {
    const asked: boolean[] = [];
    const { doctor } = stage((askTime) => {
      asked.push(askTime);
      return [];
    });
    await doctor.handlers['doctor:run']({ ask_time: false }, caller);
    await doctor.findings();
    await doctor.handlers['doctor:run']({ ask_time: true }, caller);
    await doctor.findings();
    expect(asked).toEqual([false, true]);
  });
});
