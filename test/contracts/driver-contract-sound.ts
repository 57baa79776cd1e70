import { expect, it } from 'vitest';
import type { Bench } from './driver-rig.js';

export function soundTests(bench: Bench): void {
  if (!bench.lacks.has('volume')) volume(bench);
  if (!bench.lacks.has('mute')) mute(bench);
  if (!bench.lacks.has('outputs')) outputs(bench);
}

function volume(bench: Bench): void {
  it('reports the volume after connecting', async () => {
    const player = await bench.connect();
    const fact = await player.next('volume', 'volume after connecting');
    expect(fact.volume).toBeTypeOf('number');
  });

  it('sets the volume and reports it', async () => {
    const player = await bench.connect();
    for (const wanted of [0.37, 1, 0, 0.5]) {
      await player.run({ type: 'volume', volume: wanted });
      const heard = (value: number | undefined): boolean => Math.abs((value ?? -1) - wanted) < 0.006;
      await player.next('volume', `volume ${wanted}`, (fact) => heard(fact.volume) && !fact.muted);
    }
  });

  it('ends at the last of many volumes sent at once', async () => {
    const player = await bench.connect();
    await player.run({ type: 'volume', volume: 0.9 });
    await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        player.link.execute({ type: 'volume', volume: (n + 1) / 100 }, AbortSignal.timeout(10_000)),
      ),
    );
    await player.next('volume', 'volume 0.3', (fact) => Math.abs((fact.volume ?? -1) - 0.3) < 0.006);
    await player.link.probe(AbortSignal.timeout(10_000));
    expect(player.last('volume')?.volume).toBeCloseTo(0.3, 2);
  });
}

function mute(bench: Bench): void {
  it('mutes and unmutes, and keeps the volume meanwhile', async () => {
    const player = await bench.connect();
    await player.run({ type: 'volume', volume: 0.6 });
    await player.run({ type: 'mute', muted: true });
    const muted = await player.next('volume', 'muted', (fact) => fact.muted);
    expect(muted.volume).toBeCloseTo(0.6, 2);
    await player.run({ type: 'mute', muted: false });
    const loud = await player.next('volume', 'unmuted', (fact) => !fact.muted);
    expect(loud.volume).toBeCloseTo(0.6, 2);
  });

  it('stays muted when the volume is set meanwhile, and has it after unmuting', async () => {
    const player = await bench.connect();
    await player.run({ type: 'volume', volume: 0.6 });
    await player.run({ type: 'mute', muted: true });
    await player.run({ type: 'volume', volume: 0.4 });
    const set = await player.next(
      'volume',
      'volume 0.4',
      (fact) => Math.abs((fact.volume ?? -1) - 0.4) < 0.006,
    );
    expect(set.muted).toBe(true);
    await player.run({ type: 'mute', muted: false });
    const loud = await player.next('volume', 'unmuted', (fact) => !fact.muted);
    expect(loud.volume).toBeCloseTo(0.4, 2);
  });
}

function outputs(bench: Bench): void {
  it('lists its outputs after connecting', async () => {
    const player = await bench.connect();
    const fact = await player.next('outputs', 'outputs after connecting');
    expect(fact.outputs.length).toBeGreaterThan(0);
  });

  it('takes the choice of an output and reports it active', async () => {
    const player = await bench.connect();
    const { outputs } = await player.next('outputs', 'outputs after connecting');
    const wanted = outputs.find((output) => !output.active) ?? outputs[0];
    if (!wanted) throw new Error('no outputs');
    await player.run({ type: 'output', output_id: wanted.output_id, active: true });
    await player.link.probe(AbortSignal.timeout(10_000));
    const now = player.last('outputs')?.outputs.find((output) => output.output_id === wanted.output_id);
    if (now?.active !== true) {
      await player.next('outputs', 'the output active', (fact) =>
        fact.outputs.some((output) => output.output_id === wanted.output_id && output.active),
      );
    }
  });

  it('refuses an output it does not have', async () => {
    const player = await bench.connect();
    const choice = player.run({ type: 'output', output_id: 'no-such-output', active: true });
    await expect(choice).rejects.toMatchObject({ code: 'ERR_OUTPUT_NOT_FOUND' });
  });
}
