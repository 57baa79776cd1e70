import { startPulse, type Pulse } from '../../test/fakes/pulse.js';
import type { Segment } from './capture.js';
import { RATE } from './signal.js';

/** Channel names of the bus, two for each room. */
const CHANNELS = ['front-left', 'front-right', 'rear-left', 'rear-right', 'side-left', 'side-right'] as const;

/** A private PulseAudio in which every room is a sink of its own and all of them end in one stream: one clock, heard by one recorder. */
export interface Bus {
  /** For programs that shall play here. */
  readonly env: Readonly<Record<string, string>>;
  /** The sink that has the channels of all rooms, and what pacat must be told about it. */
  readonly sink: string;
  readonly format: readonly string[];
  /** From now on; resolves when sound can be heard. */
  listen(): Promise<void>;
  /** Ends listening; what was heard in each room, in their order. The recorder's latency of about 25 ms is in the times. */
  heard(): Promise<Segment[][]>;
  close(): Promise<void>;
}

export async function openBus(rooms: readonly string[], before: readonly string[] = []): Promise<Bus> {
  const channels = rooms.length * 2;
  const names = CHANNELS.slice(0, channels);
  const channelMap = names.join(',');
  const format = `format=s16le rate=${RATE} channels=${channels} channel_map=${channelMap}`;
  const remaps = rooms.map((room, at) => {
    const own = names.slice(at * 2, at * 2 + 2).join(',');
    const map = `channels=2 channel_map=front-left,front-right master_channel_map=${own}`;
    return `module-remap-sink sink_name=${room} master=bus ${map} remix=no`;
  });
  const modules = [`module-null-sink sink_name=bus ${format}`, ...remaps];
  const pulse = await startPulse(rooms, {
    rate: RATE,
    channels,
    channelMap,
    modules,
    awake: ['bus'],
    before,
  });
  const asked = ['--format=s16le', `--rate=${RATE}`, `--channels=${channels}`, `--channel-map=${channelMap}`];
  return new ListeningBus(pulse, rooms.length, asked);
}

class ListeningBus implements Bus {
  readonly sink = 'bus';
  readonly env: Readonly<Record<string, string>>;
  #capture: Awaited<ReturnType<Pulse['capture']>> | undefined;

  constructor(
    readonly pulse: Pulse,
    readonly rooms: number,
    readonly format: readonly string[],
  ) {
    this.env = pulse.env;
  }

  async listen(): Promise<void> {
    this.#capture = await this.pulse.capture(this.sink);
  }

  async heard(): Promise<Segment[][]> {
    if (!this.#capture) throw new Error('nobody listened');
    const { pcm, firstNs, lastNs, firstBytes } = await this.#capture.stopPcm();
    const width = this.rooms * 4;
    const frames = Math.floor(pcm.length / width);
    const first = Math.floor(firstBytes / width);
    const framesPerSecond = (frames - first) / ((lastNs - firstNs) / 1e9);
    const startNs = firstNs - (first / framesPerSecond) * 1e9;
    return Array.from({ length: this.rooms }, (_, room) => {
      const samples = new Int16Array(frames);
      for (let n = 0; n < frames; n++) samples[n] = pcm.readInt16LE(n * width + room * 4);
      return [{ startNs, framesPerSecond, rate: RATE, samples, ranDry: false }];
    });
  }

  close(): Promise<void> {
    return this.pulse.close();
  }
}
