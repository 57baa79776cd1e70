import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { AppError, deferred, Ending, Serial, toError, within, type Timer } from '../../src/base/index.js';
import type { Fact, LinkContext, PlayerCommand, PlayerLink } from '../../src/players/index.js';
import type { Capability } from '../../src/protocol/index.js';
import { SnapControl } from './client.js';
import { Feed, FEED_LEAD_MS } from './feed.js';
import { sourceAddress, type SnapserverOptions } from './options.js';
import { Playback } from './playback.js';
import { formatOf, streamOfPort, viewOf, type View } from './view.js';
import { Status } from './wire.js';

export const CONTROLS: readonly Capability[] = ['volume', 'mute', 'outputs', 'latency'];
const PLAYS: readonly Capability[] = [...CONTROLS, 'seek', 'pause', 'gapless', 'radio'];

/** So long a link waits for a snapclient that is not connected; the supervisor then tries again. */
const WAIT_MS = 6000;
const COMMAND_MS = 15_000;
/** How long reasons to look are gathered. */
const GATHER_MS = 20;

const Anything = z.unknown();

/** One snapclient of somebody's snapserver. Over when it goes, or snapserver does. */
export class SnapserverLink implements PlayerLink {
  #options: SnapserverOptions;
  #context: LinkContext;
  #control: SnapControl;
  #feed: Feed | undefined;
  #playback: Playback | undefined;
  /** The stream that is ours to feed. */
  #ours: string | undefined;
  #view: View | undefined;
  /** Commands and looks, one after the other: a look never sees a command half done. */
  #serial = new Serial();
  #gathering: Timer | undefined;
  #told = new Map<Fact['type'], Fact>();
  #ending = new Ending(offline);
  #come = deferred<void>();

  private constructor(options: SnapserverOptions, context: LinkContext, control: SnapControl) {
    this.#options = options;
    this.#context = context;
    this.#control = control;
    control.onNotice = () => this.#lookSoon();
    void control.closed.then((reason) => this.#end(reason));
  }

  get closed(): Promise<Error> {
    return this.#ending.closed;
  }

  static async open(
    options: SnapserverOptions,
    context: LinkContext,
    signal: AbortSignal,
  ): Promise<SnapserverLink> {
    const control = await SnapControl.open(options, context.clock, signal);
    const link = new SnapserverLink(options, context, control);
    try {
      await link.#begin(signal);
      return link;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { clock, httpPort } = this.#context;
    const { client_id, source, buffer_ms } = this.#options;
    const what = `waiting for the snapclient ${client_id}`;
    const limit = { clock, what, ms: WAIT_MS, code: 'ERR_PLAYER_OFFLINE', signal } as const;
    await within(limit, async () => {
      await this.#serial.run(() => this.#look());
      await this.#ending.outlasts(this.#come.promise);
    });
    const address = source === undefined ? undefined : sourceAddress(source);
    if (address) {
      const stream = streamOfPort(await this.#status(), address.port);
      const format = stream && formatOf(stream);
      if (!stream || !format) return this.#introduce(undefined, noSource(address.port, stream !== undefined));
      this.#ours = stream.id;
      const feed = (this.#feed = await Feed.open(address, { clock, format, buffer_ms }, signal));
      void feed.closed.then((reason) => this.#end(reason));
      this.#playback = new Playback({ feed, clock, httpPort, emit: (fact) => this.#emit(fact) });
    }
    this.#introduce(this.#playback);
  }

  #introduce(playback: Playback | undefined, problem?: string): void {
    this.#ending.requireOpen();
    const view = this.#view;
    this.#emit({
      type: 'info',
      ...(view && { version: view.version }),
      capabilities: playback ? PLAYS : CONTROLS,
      ...(playback && { lead_ms: this.#options.buffer_ms + FEED_LEAD_MS }),
    });
    if (problem !== undefined) this.#emit({ type: 'problem', message: problem });
    if (view) this.#tellView(view);
    if (playback) return playback.begin();
    const at_us = this.#context.clock.nowUs();
    this.#emit({ type: 'playback', status: 'stopped', position_seconds: 0, at_us, rate: 0 });
  }

  async execute(command: PlayerCommand, signal: AbortSignal): Promise<void> {
    const limit = {
      clock: this.#context.clock,
      what: `${command.type} on snapserver`,
      ms: COMMAND_MS,
      signal,
    };
    this.#ending.requireOpen();
    try {
      await within(limit, async (given) => {
        const obeyed = this.#serial.run(async () => {
          given.throwIfAborted();
          this.#ending.requireOpen();
          return { whole: await this.#obey(command) };
        });
        const { whole } = await this.#ending.outlasts(obeyed);
        // What takes long is waited for outside the order, so that another command can replace it.
        if (whole) await this.#ending.outlasts(whole());
      });
    } catch (error) {
      throw error instanceof AppError ? error : offline(toError(error));
    }
  }

  async probe(signal: AbortSignal): Promise<void> {
    this.#ending.requireOpen();
    signal.throwIfAborted();
    await this.#control.request('Server.GetRPCVersion', undefined, Anything);
  }

  /** What plays lives in this process: it falls silent when snapserver's buffer is empty. */
  close(): Promise<void> {
    this.#end(new AppError('ERR_PLAYER_OFFLINE', 'the link was closed'));
    return Promise.resolve();
  }

  /** What it resolves with, if anything, waits until the effect is there. */
  async #obey(command: PlayerCommand): Promise<(() => Promise<void>) | void> {
    switch (command.type) {
      case 'volume':
        return this.#setVolume(Math.round(command.volume * 100), this.#view?.client_muted === true);
      case 'mute':
        return this.#setMuted(command.muted);
      case 'latency':
        return this.#call('Client.SetLatency', {
          id: this.#options.client_id,
          latency: command.latency_ms,
        });
      case 'output':
        return this.#choose(command.output_id, command.active);
      case 'preload':
        return this.#playback?.preload(command.next);
      case 'follow':
        return this.#playback?.follow(command.ref, command.cue);
      case 'stop':
        return this.#playback?.stop();
      case 'load':
      case 'play':
      case 'pause':
      case 'seek':
      case 'take-over':
        return this.#play(command, this.#playback);
      default:
        return command satisfies never;
    }
  }

  async #play(
    command: Extract<PlayerCommand, { type: 'load' | 'play' | 'pause' | 'seek' | 'take-over' }>,
    playback: Playback | undefined,
  ): Promise<(() => Promise<void>) | void> {
    if (!playback || this.#ours === undefined)
      throw new AppError(
        'ERR_NOT_SUPPORTED',
        'this snapserver plays its own streams: name one of its tcp sources in `source` to play here',
      );
    if (command.type === 'pause') return playback.pause();
    if (command.type === 'seek') return playback.seek(command.position_seconds, command.at_us);
    if (this.#view?.stream_id !== this.#ours) await this.#setStream(this.#ours);
    if (command.type === 'play') playback.play(command.cue);
    if (command.type !== 'load') return;
    const loading = playback.load(command);
    loading.catch(() => undefined);
    return () => loading;
  }

  async #choose(outputId: string, active: boolean): Promise<void> {
    if (!this.#view?.outputs.some(({ output_id }) => output_id === outputId))
      throw new AppError('ERR_OUTPUT_NOT_FOUND', 'this snapserver has no such stream');
    if (!active)
      throw new AppError('ERR_NOT_SUPPORTED', 'a snapclient always has one stream: choose another one');
    await this.#setStream(outputId);
  }

  async #setStream(streamId: string): Promise<void> {
    await this.#call('Group.SetStream', { id: this.#view?.group_id, stream_id: streamId });
    await this.#look();
  }

  async #setVolume(percent: number, muted: boolean): Promise<void> {
    await this.#call('Client.SetVolume', { id: this.#options.client_id, volume: { percent, muted } });
    if (this.#view) this.#take({ ...this.#view, percent, client_muted: muted });
  }

  /** Unmuted is what is heard: a group that is muted keeps its clients silent. */
  async #setMuted(muted: boolean): Promise<void> {
    const view = this.#view;
    if (!view) return;
    if (!muted && view.group_muted) {
      await this.#call('Group.SetMute', { id: view.group_id, mute: false });
      this.#view = { ...view, group_muted: false };
    }
    await this.#setVolume(view.percent, muted);
  }

  #take(view: View): void {
    this.#view = view;
    this.#tellView(view);
  }

  async #call(method: string, params: unknown): Promise<void> {
    await this.#control.request(method, params, Anything);
  }

  #status(): Promise<Status> {
    return this.#control.request('Server.GetStatus', undefined, Status);
  }

  #lookSoon(): void {
    if (this.#ending.reason) return;
    this.#gathering ??= this.#context.clock.after(GATHER_MS, () => {
      this.#gathering = undefined;
      this.#serial.run(() => this.#look()).catch((error: unknown) => this.#end(toError(error)));
    });
  }

  /** Reads how things are, and tells what is new. */
  async #look(): Promise<void> {
    if (this.#ending.reason) return;
    const before = this.#view;
    const view = viewOf(await this.#status(), this.#options.client_id);
    if (view?.connected !== true) {
      if (before) this.#end(new AppError('ERR_PLAYER_OFFLINE', 'the snapclient has left its snapserver'));
      return;
    }
    if (before) this.#take(view);
    else {
      this.#view = view;
      this.#come.resolve();
    }
    if (this.#playback?.playing === true && view.stream_id !== this.#ours) this.#playback.pause();
  }

  #tellView({ percent, client_muted, group_muted, outputs, stream_id, sounding }: View): void {
    this.#tell({ type: 'volume', volume: percent / 100, muted: client_muted || group_muted });
    this.#tell({ type: 'outputs', outputs });
    const elsewhere = stream_id !== this.#ours && sounding;
    const foreign = { title: stream_id, artist: '', status: 'playing', position_seconds: 0 } as const;
    this.#tell({ type: 'control', elsewhere, ...(elsewhere && { foreign }) });
  }

  #tell(fact: Fact): void {
    if (isDeepStrictEqual(this.#told.get(fact.type), fact)) return;
    this.#told.set(fact.type, fact);
    this.#emit(fact);
  }

  #emit(fact: Fact): void {
    if (!this.#ending.reason) this.#context.emit(fact);
  }

  #end(reason: Error): void {
    if (this.#ending.reason) return;
    this.#playback?.close();
    this.#ending.end(reason);
    this.#gathering?.cancel();
    this.#feed?.close();
    this.#control.close();
  }
}

function noSource(port: number, found: boolean): string {
  return found
    ? `the source on port ${port} of this snapserver is not of 16 bit`
    : `this snapserver has no tcp source on port ${port}`;
}

function offline(reason: Error): AppError {
  return reason instanceof AppError ? reason : new AppError('ERR_PLAYER_OFFLINE', reason.message);
}
