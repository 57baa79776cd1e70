import { expect, it } from 'vitest';
import { AppError, silentLogger, systemClock, within } from '../../src/base/index.js';
import { Capability } from '../../src/protocol/index.js';
import type { Bench } from './driver-rig.js';
import { pause } from './driven-link.js';
import { collectGarbage } from '../../bench/control/garbage.js';

const ROUNDS = 4;
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

/** Handles that a link could leave behind, by kind. */
function openHandles(): string[] {
  const kinds = new Set([
    'TCPSocketWrap',
    'TCPConnectWrap',
    'PipeWrap',
    'PipeConnectWrap',
    'ProcessWrap',
    'TLSWrap',
  ]);
  return process.getActiveResourcesInfo().filter((kind) => kinds.has(kind));
}

async function handlesFallTo(count: number): Promise<void> {
  await within({ clock: systemClock, what: 'handles to be released', ms: 10_000 }, async (signal) => {
    while (openHandles().length > count && !signal.aborted) await pause(10);
  }).catch(() => undefined);
  expect(openHandles().length).toBeLessThanOrEqual(count);
}

async function settlesClosed(closed: Promise<Error>): Promise<Error> {
  return within({ clock: systemClock, what: 'closed to resolve', ms: 10_000 }, () => closed);
}

export function connectionTests(bench: Bench): void {
  factsOnConnect(bench);
  closing(bench);
  aborting(bench);
  if (!bench.lacks.has('break')) breaking(bench);
}

function factsOnConnect(bench: Bench): void {
  it('reports what it can do after connecting, neither more nor less than declared', async () => {
    const player = await bench.connect();
    const { capabilities } = await player.next('info', 'info');
    const expected = Capability.options.filter((name) => !bench.lacks.has(name));
    const optional = new Set<string>(['replaygain', 'outputs', 'radio', 'latency', 'overlay']);
    expect(capabilities.filter((name) => bench.lacks.has(name))).toEqual([]);
    expect(expected.filter((name) => !optional.has(name) && !capabilities.includes(name))).toEqual([]);
  });

  it('reports playback without a ref after connecting when nothing of ours plays', async () => {
    const player = await bench.connect();
    const playback = await player.next('playback', 'playback after connecting');
    expect(playback.ref).toBeUndefined();
    expect(playback.rate).toBe(0);
  });

  it('answers a probe', async () => {
    const player = await bench.connect();
    await player.link.probe(soon());
  });

  it('keeps nothing of probes and commands that are over', async () => {
    const player = await bench.connect();
    const { capabilities } = await player.next('info', 'info');
    const signals: WeakRef<AbortSignal>[] = [];
    const ask = async (work: (signal: AbortSignal) => Promise<void>): Promise<void> => {
      const { signal } = new AbortController();
      signals.push(new WeakRef(signal));
      await work(signal);
    };
    for (let n = 0; n < ROUNDS; n++) {
      await ask((signal) => player.link.probe(signal));
      if (capabilities.includes('volume'))
        await ask((signal) => player.link.execute({ type: 'volume', volume: n / 10 }, signal));
    }
    // What a WeakRef shows stays until its turn of the event loop is over.
    await pause(1);
    collectGarbage();
    expect(signals.filter((signal) => signal.deref()).length).toBeLessThanOrEqual(1);
  });
}

function closing(bench: Bench): void {
  it('resolves closed after close, which may be called again', async () => {
    const player = await bench.connect();
    await Promise.all([player.close(), player.close()]);
    await player.close();
    expect(await settlesClosed(player.link.closed)).toBeInstanceOf(Error);
  });

  it('rejects commands and probes after close', async () => {
    const player = await bench.connect();
    await player.close();
    await expect(player.link.execute({ type: 'pause' }, soon())).rejects.toBeInstanceOf(AppError);
    await expect(player.link.probe(soon())).rejects.toBeInstanceOf(AppError);
  });

  it('sends no facts after close', async () => {
    const player = await bench.connect();
    await player.run({
      type: 'load',
      media: await bench.rig.makeMedia(1),
      position_seconds: 0,
      playing: true,
    });
    await player.next('playback', 'playing', (fact) => fact.status === 'playing');
    await player.close();
    const count = player.facts.length;
    const other = await bench.connect({ memory: player.memory });
    await other.run({ type: 'stop' });
    await other.next('playback', 'stopped', (fact) => fact.status === 'stopped');
    expect(player.facts.length).toBe(count);
  });

  it('leaves no connection behind after close', async () => {
    const before = openHandles().length;
    const player = await bench.connect();
    await player.close();
    await handlesFallTo(before);
  });

  if (!bench.lacks.has('re-adopt')) {
    it('lets music play on after close, and a later link with its memory takes it up', async () => {
      const media = await bench.rig.makeMedia(1, { seconds: 4 });
      const first = await bench.connect();
      await first.run({ type: 'load', media, position_seconds: 0, playing: true });
      await first.next('playback', 'playing', (fact) => fact.status === 'playing');
      await first.reaches(0.3);
      await first.close();
      const second = await bench.connect({ memory: first.memory });
      const playback = await second.next('playback', 're-adopted', (fact) => fact.ref === media.ref);
      expect(playback.status).toBe('playing');
      expect(playback.position_seconds).toBeGreaterThan(0.2);
      expect(second.facts.filter((fact) => fact.type === 'control' && fact.elsewhere)).toEqual([]);
    });
  }
}

function aborting(bench: Bench): void {
  it('rejects connect when its signal is aborted already, and leaves nothing open', async () => {
    const before = openHandles().length;
    const { definition, options } = bench.rig;
    const context = {
      player_id: 'aborted',
      emit: () => undefined,
      log: silentLogger,
      clock: systemClock,
      memory: undefined,
      httpPort: 0,
      runtimeDir: bench.runtimeDir,
    };
    const connecting = definition.connect(definition.options.parse(options), context, AbortSignal.abort());
    await expect(connecting).rejects.toThrow();
    await handlesFallTo(before);
  });

  it('leaves nothing open when connect is aborted on the way', async () => {
    const before = openHandles().length;
    const controller = new AbortController();
    const connecting = bench.connect({ signal: controller.signal });
    queueMicrotask(() => controller.abort(new Error('changed my mind')));
    await connecting.then((player) => player.close()).catch(() => undefined);
    await handlesFallTo(before);
  });

  it('rejects a command whose signal is aborted', async () => {
    const player = await bench.connect();
    await expect(player.run({ type: 'pause' }, AbortSignal.abort())).rejects.toThrow();
    await player.link.probe(soon());
  });
}

function breaking(bench: Bench): void {
  it('resolves closed and rejects commands when the connection breaks, and a new link works', async () => {
    const player = await bench.connect();
    const breaking = bench.rig.breakConnection?.();
    expect(await settlesClosed(player.link.closed)).toBeInstanceOf(Error);
    await expect(player.link.execute({ type: 'pause' }, soon())).rejects.toBeInstanceOf(AppError);
    await expect(player.link.probe(soon())).rejects.toBeInstanceOf(AppError);
    await breaking;
    const again = await bench.connect();
    await again.next('playback', 'playback on the new link');
  });

  it('settles every command that is under way when the connection breaks', async () => {
    const player = await bench.connect();
    const media = await bench.rig.makeMedia(1);
    const load = { type: 'load', media, position_seconds: 0, playing: true } as const;
    const breaking = bench.rig.breakConnection?.();
    const pending = Array.from({ length: 20 }, () => player.link.execute(load, soon()));
    const outcomes = await within({ clock: systemClock, what: 'commands to settle', ms: 9_000 }, () =>
      Promise.allSettled(pending),
    );
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(AppError);
    }
    await breaking;
    await settlesClosed(player.link.closed);
  });
}
