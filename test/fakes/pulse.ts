import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Recording } from './recording.js';

const RATE = 44_100;
const CHANNELS = 2;
const START_MS = 15_000;

export interface Capture {
  /** The bytes heard so far. */
  readonly bytes: number;
  /** Everything that was heard since `capture()`, up to now. */
  stop(): Promise<Recording>;
  /** The same with all channels, and when it arrived. */
  stopPcm(): Promise<Heard>;
}

export interface Heard {
  /** 16 bit little endian, interleaved. */
  readonly pcm: Buffer;
  /** Nanoseconds of the monotonic clock: when the first and the last of it had arrived, and how many bytes were there at first. */
  readonly firstNs: number;
  readonly lastNs: number;
  readonly firstBytes: number;
}

/** Which sinks there are, and how programs of the private server are started. */
export interface PulseLayout {
  readonly rate: number;
  readonly channels: number;
  /** `front-left,front-right`, ...: without it, programs guess, and mix. */
  readonly channelMap: string;
  /** What `pulseaudio -L` loads. */
  readonly modules: readonly string[];
  /** Null sinks that silence keeps awake. */
  readonly awake: readonly string[];
  readonly before: readonly string[];
}

export interface Pulse {
  /** For programs that shall play here. Null sinks are silent, paced by the clock, and can be listened to. */
  readonly env: Readonly<Record<string, string>>;
  readonly sinks: readonly string[];
  /** Resolves when bytes flow. */
  capture(sink: string): Promise<Capture>;
  /** Runs pactl against this server. */
  pactl(...args: string[]): Promise<string>;
  close(): Promise<void>;
}

/** Null sinks of 44.1 kHz stereo. Sound comes first, as on an appliance: what is measured is the player, not how busy the machine is. */
function nullSinks(sinks: readonly string[]): PulseLayout {
  const modules = sinks.map(
    (sink) => `module-null-sink sink_name=${sink} format=s16le rate=${RATE} channels=${CHANNELS}`,
  );
  // Without the right to it, nice goes on.
  return {
    rate: RATE,
    channels: CHANNELS,
    channelMap: 'front-left,front-right',
    modules,
    awake: sinks,
    before: ['nice', '-n', '-15'],
  };
}

/** A private PulseAudio. Every process is ended by its pid in `close()`. */
export async function startPulse(
  sinks: readonly string[] = ['kitchen'],
  layout: PulseLayout = nullSinks(sinks),
): Promise<Pulse> {
  const dir = await mkdtemp(join(tmpdir(), 'tutti-pulse-'));
  const socket = join(dir, 'native');
  const env = { PULSE_SERVER: `unix:${socket}`, PULSE_RUNTIME_PATH: dir, PULSE_COOKIE: join(dir, 'cookie') };
  const children = new Set<ChildProcess>();
  const start = (program: string, args: readonly string[]): ChildProcess => {
    const [first = program, ...words] = [...layout.before, program, ...args];
    const child = spawn(first, words, {
      env: { ...process.env, ...env, HOME: dir, XDG_RUNTIME_DIR: dir },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.on('error', () => undefined);
    children.add(child);
    return child;
  };
  const close = async (): Promise<void> => {
    for (const child of [...children].reverse()) await endChild(child);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const server = await serve(start, socket, layout.modules);
    if (layout.before[0] === 'chrt') await hurry(server, layout.before);
    for (const sink of layout.awake) await keepAwake(start, sink, layout);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    env,
    sinks,
    close,
    capture: (sink) => record(start, sink, layout),
    pactl: (...args) => output(start('pactl', args)),
  };
}

type Start = (program: string, args: readonly string[]) => ChildProcess;

/** PulseAudio gives up the real-time priority that it was started with, and keeps a lower one for its sinks alone: all of it gets it back. */
async function hurry(server: number, [chrt = '', ...words]: readonly string[]): Promise<void> {
  await promisify(execFile)(chrt, ['-a', ...words.slice(0, -1), '-p', words.at(-1) ?? '', String(server)]);
}

/** Resolves with the process when it answers. */
async function serve(start: Start, socket: string, sinkModules: readonly string[]): Promise<number> {
  const modules = [`module-native-protocol-unix socket=${socket} auth-anonymous=1`, ...sinkModules];
  const server = start('pulseaudio', [
    '-n',
    '--daemonize=no',
    '--exit-idle-time=-1',
    '--use-pid-file=no',
    '--disable-shm=yes',
    ...modules.flatMap((module) => ['-L', module]),
  ]);
  const deadline = Date.now() + START_MS;
  for (;;) {
    if (server.pid === undefined || server.exitCode !== null || Date.now() > deadline) {
      throw new Error('pulseaudio does not start; is it installed? apt install pulseaudio');
    }
    if (existsSync(socket) && (await answers(socket))) return server.pid;
    await pause(20);
  }
}

function formatOf({ rate, channels, channelMap }: PulseLayout): string[] {
  return ['--format=s16le', `--rate=${rate}`, `--channels=${channels}`, `--channel-map=${channelMap}`];
}

/** A null sink that nothing plays into runs in blocks of 2 s; a stream of silence with a low latency keeps it at 25 ms. */
async function keepAwake(start: Start, sink: string, layout: PulseLayout): Promise<void> {
  const args = ['--playback', '--raw', '-d', sink, '--latency-msec=25'];
  const silence = start('pacat', [...args, ...formatOf(layout), '/dev/zero']);
  await pause(50);
  if (silence.pid === undefined || silence.exitCode !== null) {
    throw new Error('pacat does not run; is it installed? apt install pulseaudio-utils');
  }
}

async function record(start: Start, sink: string, layout: PulseLayout): Promise<Capture> {
  const args = ['--raw', '-d', `${sink}.monitor`, '--latency-msec=25'];
  const recorder = start('parec', [...args, ...formatOf(layout)]);
  const chunks: Buffer[] = [];
  let bytes = 0;
  let [firstNs, lastNs] = [0, 0];
  recorder.stdout?.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    lastNs = Number(process.hrtime.bigint());
    firstNs ||= lastNs;
  });
  const deadline = Date.now() + START_MS;
  while (bytes === 0) {
    if (recorder.pid === undefined || recorder.exitCode !== null || Date.now() > deadline) {
      throw new Error('parec hears nothing; is it installed? apt install pulseaudio-utils');
    }
    await pause(10);
  }
  return {
    get bytes() {
      return bytes;
    },
    async stop() {
      await endChild(recorder);
      return Recording.fromPcm(Buffer.concat(chunks), layout.rate, layout.channels);
    },
    async stopPcm() {
      await endChild(recorder);
      return { pcm: Buffer.concat(chunks), firstNs, lastNs, firstBytes: chunks[0]?.length ?? 0 };
    },
  };
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect({ path: socket });
    client.once('connect', () => {
      client.destroy();
      resolve(true);
    });
    client.once('error', () => resolve(false));
  });
}

async function output(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`pactl failed (${String(code)})`);
  return text;
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await gone;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
