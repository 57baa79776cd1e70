import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { local } from '../../drivers/local/index.js';
import { systemClock } from '../../src/base/index.js';
import type { Cue } from '../../src/players/index.js';
import { DrivenLink, pause } from '../contracts/driven-link.js';
import { until } from './local-rig.js';
import { ModelMpv } from './local-model.js';

let models: ModelMpv[] = [];
let links: DrivenLink[] = [];

beforeEach(() => {
  models = [];
  links = [];
});

afterEach(async () => {
  for (const model of models) await model.close();
  for (const link of links) await link.close();
});

async function connect(
  state: Parameters<typeof ModelMpv.start>[0] = {},
): Promise<{ model: ModelMpv; link: DrivenLink }> {
  const model = await ModelMpv.start(state);
  models.push(model);
  const link = await DrivenLink.connect({ definition: local, options: {}, runtimeDir: model.fake.dir });
  links.push(link);
  return { model, link };
}

/** Where the model is by itself, and so many ms further on. */
function cueFor(model: ModelMpv, moreMs = 0): Cue {
  return { position_seconds: model.place + moreMs / 1000, at_us: systemClock.nowUs() };
}

const corrections = (link: DrivenLink): string[] =>
  link.facts.flatMap((fact) => (fact.type === 'sync' && fact.correction ? [fact.correction.kind] : []));
const measured = (link: DrivenLink): Promise<unknown> => link.next('sync', 'a measured skew');

describe('an mpv in a room of its own', () => {
  it('is not asked where it is again and again', async () => {
    const { model, link } = await connect();
    await link.next('playback', 'what plays');
    await pause(1500);
    const before = model.looks;
    await pause(1500);
    expect(model.looks - before).toBeLessThanOrEqual(3);
    expect(link.facts.filter((fact) => fact.type === 'sync')).toEqual([]);
  });

  it('plays on at its own speed when a server that steered it is gone', async () => {
    const { model } = await connect({ speed: 1.002 });
    expect(model.speeds).toEqual([1]);
  });

  it('calls itself steered', async () => {
    const { link } = await connect();
    expect(local.syncClass).toBe('steered');
    expect(link.last('info')?.sync_class).toBeUndefined();
  });
});

describe('an mpv that follows', () => {
  it('plays a little faster when it is behind, never by more than half a percent, and is on the cue then', async () => {
    const { model, link } = await connect();
    const cue = cueFor(model, 4);
    await link.run({ type: 'follow', ref: 'song', cue });
    await link.next('sync', 'it is on the cue', (fact) => Math.abs(fact.skew_ms) < 1 && fact.error_ms < 5);
    expect(Math.max(...model.speeds)).toBeGreaterThan(1.0005);
    for (const speed of model.speeds) expect(Math.abs(speed - 1)).toBeLessThan(0.005001);
    expect(model.seeks).toEqual([]);
    expect(corrections(link)).toContain('rate');
  });

  it('says how far off it is at most four times a second', async () => {
    const { model, link } = await connect();
    await link.run({ type: 'follow', ref: 'song', cue: cueFor(model) });
    await measured(link);
    await until('some reports', () => link.facts.filter((fact) => fact.type === 'sync').length > 6);
    const told = link.facts.flatMap((fact) => (fact.type === 'sync' ? [fact.at_us] : []));
    told.slice(1).forEach((at, n) => expect(at - (told[n] ?? 0)).toBeGreaterThanOrEqual(249_000));
    expect(link.last('sync')).toMatchObject({ estimated: false });
  });

  it('is left alone, at its own speed, when there is nothing to follow any more', async () => {
    const { model, link } = await connect();
    await link.run({ type: 'follow', ref: 'song', cue: cueFor(model, 4) });
    await measured(link);
    await link.run({ type: 'follow' });
    expect(model.speeds.at(-1)).toBe(1);
    await pause(200);
    const before = model.looks;
    await pause(800);
    expect(model.looks - before).toBeLessThanOrEqual(3);
  });

  it.each([
    { type: 'play' },
    { type: 'pause' },
    { type: 'stop' },
    { type: 'seek', position_seconds: 30 },
  ] as const)('is at its own speed after a $type without a time', async (command) => {
    const { model, link } = await connect();
    await link.run({ type: 'follow', ref: 'song', cue: cueFor(model, 4) });
    await measured(link);
    await link.run(command);
    expect(model.speeds.at(-1)).toBe(1);
  });

  it('pauses, positions and starts again at a chosen moment when it is far off', async () => {
    const { model, link } = await connect();
    const cue = cueFor(model);
    await link.run({ type: 'follow', ref: 'song', cue });
    await measured(link);
    link.forget();
    model.moveTo(model.place - 0.6);
    const { correction } = await link.next(
      'sync',
      'it said so',
      (fact) => fact.correction?.kind === 'restart',
    );
    expect(correction?.skew_ms).toBeLessThan(-500);
    await until('it goes on', () => model.pauses.length >= 2);
    expect(model.pauses.slice(0, 2)).toEqual([true, false]);
    const due = (model.seeks[0] ?? 0) - cue.position_seconds;
    expect(due).toBeGreaterThan(((correction?.at_us ?? 0) - cue.at_us) / 1e6 + 0.1);
  });

  it('says loading, not paused, while it comes back', async () => {
    const { model, link } = await connect();
    await link.run({ type: 'follow', ref: 'song', cue: cueFor(model) });
    await measured(link);
    model.moveTo(model.place - 0.6);
    await until('it goes on', () => model.pauses.length >= 2);
    await link.next('playback', 'it plays', (fact) => fact.status === 'playing');
    expect(link.facts.some((fact) => fact.type === 'playback' && fact.status === 'paused')).toBe(false);
  });

  it('gives up for a while when starting again does not help, says so, and calls itself loose', async () => {
    const { model, link } = await connect();
    model.deaf = true;
    await link.run({ type: 'follow', ref: 'song', cue: cueFor(model, -700) });
    await link.next('problem', 'what is wrong', ({ message }) => message !== undefined);
    expect(link.last('info')?.sync_class).toBe('loose');
    expect(link.last('sync')?.correction?.reason).toMatch(/not again within/);
    await until('the third try', () => model.seeks.length === 3);
    await pause(1500);
    expect(model.seeks).toHaveLength(3);
  });

  it('goes over to the next item without a correction, and follows it', async () => {
    const { model, link } = await connect();
    await link.run({ type: 'follow', ref: 'song', cue: cueFor(model) });
    await measured(link);
    model.goOn('next', 0);
    link.forget();
    await link.next('playback', 'the next item', (fact) => fact.ref === 'next');
    await link.next('sync', 'it is still measured', (fact) => Math.abs(fact.skew_ms) < 5);
    expect(model.seeks).toEqual([]);
    expect(corrections(link)).not.toContain('restart');
  });

  it('takes the cue of an item that it is not at yet when it comes there', async () => {
    const { model, link } = await connect();
    await link.run({ type: 'follow', ref: 'song', cue: cueFor(model) });
    await measured(link);
    const ahead = { position_seconds: 0.008, at_us: systemClock.nowUs() };
    await link.run({ type: 'follow', ref: 'next', cue: ahead });
    expect(model.seeks).toEqual([]);
    model.goOn('next', (systemClock.nowUs() - ahead.at_us) / 1e6);
    await link.next('sync', 'behind the cue it was told', (fact) => fact.skew_ms < -4 && fact.skew_ms > -12);
  });

  it('stays silent when it is paused', async () => {
    const { model, link } = await connect({ paused: true });
    await link.run({ type: 'follow', ref: 'song', cue: cueFor(model, -500) });
    await pause(800);
    expect(model.pauses).toEqual([]);
    expect(model.seeks).toEqual([]);
  });
});
