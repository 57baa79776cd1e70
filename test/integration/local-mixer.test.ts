import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { local } from '../../drivers/local/index.js';
import { DrivenLink } from '../contracts/driven-link.js';
import { FakeCard } from '../fakes/fake-card.js';
import { startPulse, type Pulse } from '../fakes/pulse.js';
import { until } from '../until.js';
import { killMpvs } from './local-rig.js';

const run = promisify(execFile);

/** ALSA's real mixer programs, on the mixer that ALSA makes of a sound server: the nearest to a card without hardware. */
const OPTIONS = { ao: 'pulse', output: 'pulse/kitchen', mixer_card: 'pulse' };

let pulse: Pulse;
let runtimeDir = '';
const links: DrivenLink[] = [];

beforeAll(async () => {
  pulse = await startPulse(['kitchen']);
  Object.assign(process.env, pulse.env);
  await run('amixer', ['-D', 'pulse', 'scontrols']).catch((error: unknown) => {
    throw new Error('apt install alsa-utils libasound2-plugins', { cause: error });
  });
});
afterAll(async () => {
  for (const name of Object.keys(pulse.env)) Reflect.deleteProperty(process.env, name);
  await pulse.close();
});
beforeEach(async () => {
  runtimeDir = await mkdtemp(join(tmpdir(), 'tutti-run-'));
  await pulse.pactl('set-sink-volume', 'kitchen', '100%');
  await pulse.pactl('set-sink-mute', 'kitchen', '0');
});
afterEach(async () => {
  for (const link of links.splice(0)) await link.close();
  await killMpvs(runtimeDir);
  await rm(runtimeDir, { recursive: true, force: true });
});

async function connect(more: { options?: object; memory?: unknown } = {}): Promise<DrivenLink> {
  const options = { ...OPTIONS, ...more.options };
  const link = await DrivenLink.connect({ definition: local, options, runtimeDir, memory: more.memory });
  links.push(link);
  return link;
}

/** Percent, as the sound server says it. */
async function sinkVolume(): Promise<number> {
  return Number(/(\d+)%/.exec(await pulse.pactl('get-sink-volume', 'kitchen'))?.[1]);
}

/** The sound server's controls under other names, by ALSA's own means. */
async function renamed(...pairs: readonly (readonly [from: string, to: string])[]): Promise<object> {
  const file = join(runtimeDir, 'asound.conf');
  const lines = pairs.flatMap(([from, to]) =>
    ['Volume', 'Switch'].map((what) => `"name='${from} ${what}'" "name=\\"${to} ${what}\\""`),
  );
  const card = `ctl.card { type remap child { type pulse } remap { ${lines.join(' ')} } }`;
  await writeFile(file, `</usr/share/alsa/alsa.conf>\n${card}\n`);
  process.env['ALSA_CONFIG_PATH'] = file;
  return { mixer_card: 'card' };
}
afterEach(() => void Reflect.deleteProperty(process.env, 'ALSA_CONFIG_PATH'));

describe('the volume of a card', () => {
  it('is turned without the microphone that has the same name', async () => {
    await pulse.pactl('set-source-volume', 'kitchen.monitor', '90%');
    const link = await connect({ options: await renamed(['Capture', 'Master Capture']) });
    await link.run({ type: 'volume', volume: 0.4 });
    await link.run({ type: 'mute', muted: true });
    expect(await sinkVolume()).toBe(40);
    expect(await pulse.pactl('get-source-volume', 'kitchen.monitor')).toContain('90%');
  });

  it('is turned whatever its name is', async () => {
    const link = await connect({ options: await renamed(['Master Playback', "Bob's, Küche Playback"]) });
    link.forget();
    await link.run({ type: 'volume', volume: 0.4 });
    expect(await sinkVolume()).toBe(40);
    await pulse.pactl('set-sink-volume', 'kitchen', '70%');
    await link.next('volume', 'turned by somebody else', ({ volume = 0 }) => Math.abs(volume - 0.7) < 0.01);
  });

  it('is what the player turns, and what it reports', async () => {
    const link = await connect();
    expect(link.last('volume')).toMatchObject({ volume: 1, muted: false });
    await link.run({ type: 'volume', volume: 0.4 });
    expect((await link.next('volume', 'turned down', ({ volume }) => volume !== 1)).volume).toBeCloseTo(
      0.4,
      2,
    );
    expect(await sinkVolume()).toBe(40);
  });

  it('shows what others do to it', async () => {
    const link = await connect();
    link.forget();
    await pulse.pactl('set-sink-volume', 'kitchen', '70%');
    expect((await link.next('volume', 'turned by somebody else')).volume).toBeCloseTo(0.7, 2);
    await pulse.pactl('set-sink-mute', 'kitchen', '1');
    await link.next('volume', 'muted by somebody else', ({ muted }) => muted);
  });

  it('is switched off and on', async () => {
    const link = await connect();
    await link.run({ type: 'mute', muted: true });
    await link.next('volume', 'muted', ({ muted }) => muted);
    expect(await pulse.pactl('get-sink-mute', 'kitchen')).toMatch(/: \S+/);
    await link.run({ type: 'mute', muted: false });
    await link.next('volume', 'heard again', ({ muted }) => !muted);
  });

  it('is no louder than mpv was before', async () => {
    const memory = { pid: 1, entries: [], volume: 30 };
    const link = await connect({ memory });
    expect(link.last('volume')?.volume).toBeCloseTo(0.3, 2);
    expect(await sinkVolume()).toBe(30);
  });

  it.each([10, 100])(
    'is as before when the card was pulled out and comes back at %i percent',
    async (percent) => {
      await pulse.pactl('set-sink-volume', 'kitchen', `${percent}%`);
      const memory = { pid: 1, entries: [], volume: 40, muted: true, missing_since: Date.now() - 1000 };
      const link = await connect({ memory });
      await until('it stands there', async () => (await sinkVolume()) === 40);
      expect(link.last('volume')).toMatchObject({ volume: 0.4, muted: true });
      await link.run({ type: 'mute', muted: false });
      await link.next('volume', 'heard again', ({ muted, volume }) => !muted && volume === 0.4);
    },
  );

  it('takes the last of many turns', async () => {
    const link = await connect();
    const turns = [0.9, 0.8, 0.7, 0.6, 0.5].map((volume) => link.run({ type: 'volume', volume }));
    await Promise.all(turns);
    expect(await sinkVolume()).toBe(50);
  });

  it('is left alone where it shall be', async () => {
    const link = await connect({ options: { mixer: 'none' } });
    await link.run({ type: 'volume', volume: 0.4 });
    await link.next('volume', 'turned down', ({ volume }) => volume === 0.4);
    expect(await sinkVolume()).toBe(100);
  });

  it('is mpv again where the wanted control does not exist', async () => {
    const link = await connect({ options: { mixer: 'Loudness' } });
    await link.run({ type: 'volume', volume: 0.4 });
    expect(await sinkVolume()).toBe(100);
  });

  it('is watched by nobody when the player is let go', async () => {
    const link = await connect();
    await until('it is watched', async () => (await watchers()) === 1);
    await link.close();
    await until('nobody watches', async () => (await watchers()) === 0);
  });
});

/** As most USB sticks have it: 20 steps, so that a press of a volume key is less than one. */
describe('the volume of a card with few steps', () => {
  const path = process.env['PATH'];
  afterEach(() => void (process.env['PATH'] = path));

  async function plug(steps: number, name?: string): Promise<FakeCard> {
    const card = await FakeCard.make(runtimeDir, steps, name);
    process.env['PATH'] = `${card.folder}:${path}`;
    return card;
  }
  const coarse = (): Promise<DrivenLink> =>
    connect({ options: { ao: 'null', output: 'auto', mixer_card: 'card' } });

  it('is what was asked for, so that small steps add up, and never louder', async () => {
    const card = await plug(20);
    const link = await coarse();
    const stood: number[] = [];
    for (const volume of [0.8, 0.82, 0.84, 0.86, 0.84, 0.02]) {
      await link.run({ type: 'volume', volume });
      expect(link.last('volume')?.volume).toBeCloseTo(volume, 5);
      stood.push(await card.step());
    }
    expect(stood).toEqual([16, 16, 16, 17, 16, 0]);
  });

  it('is where its own knob stands when that is turned', async () => {
    const card = await plug(20);
    const link = await coarse();
    await link.run({ type: 'volume', volume: 0.82 });
    link.forget();
    await card.turn(14);
    expect((await link.next('volume', 'turned by hand')).volume).toBeCloseTo(0.7, 5);
  });

  it('is done by mpv where it is only a switch', async () => {
    const card = await plug(1, 'Analogue');
    const link = await coarse();
    await link.run({ type: 'volume', volume: 0.4 });
    expect(link.last('volume')?.volume).toBeCloseTo(0.4, 5);
    expect(await card.step()).toBe(1);
  });
});

/** Programs of this process that watch the mixer. */
async function watchers(): Promise<number> {
  let count = 0;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const parent = /\) \S (\d+)/.exec(stat)?.[1];
    if (line === 'amixer\0-D\0pulse\0sevents\0' && parent === String(process.pid)) count++;
  }
  return count;
}
