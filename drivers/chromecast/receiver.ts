import { AppError, deferred, type Deferred } from '../../src/base/index.js';
import type { CastClient } from './client.js';
import type { Reporter } from '../../src/players/index.js';
import { DEFAULT_APP, NAMESPACE, PLATFORM, ReceiverStatus, type Application } from './wire.js';

/** A cold Chromecast fetches its app from the internet first. */
const LAUNCH_MS = 15_000;
const STOP_MS = 5_000;

/** An app that takes our messages. */
export interface Session {
  readonly app: Application;
  readonly transportId: string;
}

export interface ReceiverEvents {
  /** It is known whether there is a knob; before the volume is told. */
  readonly knob: () => void;
  /** The app whose media we can follow, ours or not, is another one, or there is none any more. */
  readonly joined: (session: Session | undefined) => void;
  /** After every status. */
  readonly seen: () => void;
}

/** The platform: which app runs, and the knob. */
export class Receiver {
  #client: CastClient;
  #reporter: Reporter;
  #app: Application | undefined;
  #session: Session | undefined;
  #launched: Deferred<Session> | undefined;
  #told: ReceiverEvents;
  #fixed = false;

  constructor(client: CastClient, reporter: Reporter, told: ReceiverEvents) {
    this.#client = client;
    this.#reporter = reporter;
    this.#told = told;
    void client.closed.then((reason) => this.#launched?.reject(reason));
  }

  /** Its loudness is set elsewhere, at an amplifier or a television. */
  get fixedVolume(): boolean {
    return this.#fixed;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** What stands on the screen, unless that is the clock or a picture. */
  get app(): Application | undefined {
    return this.#app;
  }

  /** Another app than ours is open. */
  get foreign(): Application | undefined {
    return this.#app?.appId === DEFAULT_APP ? undefined : this.#app;
  }

  async look(signal?: AbortSignal): Promise<void> {
    await this.#request({ type: 'GET_STATUS' }, { ...(signal && { signal }) });
  }

  /** Our app, started where it does not run. */
  async launch(signal: AbortSignal): Promise<Session> {
    const running = this.#session;
    if (running?.app.appId === DEFAULT_APP) return running;
    const launched = (this.#launched ??= deferred<Session>());
    launched.promise.catch(() => undefined);
    try {
      await this.#request({ type: 'LAUNCH', appId: DEFAULT_APP }, { ms: LAUNCH_MS, signal });
      const given = deferred<never>();
      given.promise.catch(() => undefined);
      const stop = (): void => given.reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      return await Promise.race([launched.promise, given.promise]).finally(() =>
        signal.removeEventListener('abort', stop),
      );
    } finally {
      this.#launched = undefined;
    }
  }

  /** Ends whatever app runs. */
  async stopApp(): Promise<void> {
    const sessionId = this.#app?.sessionId;
    await this.#request({ type: 'STOP', ...(sessionId !== undefined && { sessionId }) }, { ms: STOP_MS });
  }

  async setVolume(level: number): Promise<void> {
    this.#requireKnob();
    await this.#request({ type: 'SET_VOLUME', volume: { level } });
  }

  async setMuted(muted: boolean): Promise<void> {
    this.#requireKnob();
    await this.#request({ type: 'SET_VOLUME', volume: { muted } });
  }

  /** A RECEIVER_STATUS, asked for or not; anything else is nothing to us. */
  take(message: unknown): void {
    const parsed = ReceiverStatus.safeParse(message);
    if (!parsed.success) return;
    const { applications = [], volume } = parsed.data.status;
    if (volume) {
      this.#fixed = volume.controlType === 'fixed';
      const { level, muted = false } = volume;
      this.#told.knob();
      this.#reporter.report({
        type: 'volume',
        ...(!this.#fixed && level !== undefined && { volume: level }),
        muted: !this.#fixed && muted,
      });
    }
    this.#app = applications.find(({ isIdleScreen }) => !isIdleScreen);
    const transportId = this.#app?.transportId;
    const hasMedia = this.#app?.namespaces.some(({ name }) => name === NAMESPACE.media) === true;
    this.#meet(
      this.#app && hasMedia && transportId !== undefined ? { app: this.#app, transportId } : undefined,
    );
    this.#told.seen();
  }

  /** The app threw us out. If it still runs, the next status says so, and we come again. */
  left(transportId: string): void {
    if (this.#session?.transportId === transportId) this.#meet(undefined);
  }

  #meet(session: Session | undefined): void {
    const before = this.#session?.transportId;
    this.#session = session;
    if (session?.transportId !== before) {
      if (before !== undefined) this.#client.left(before);
      if (session) this.#client.join(session.transportId);
      this.#told.joined(session);
    }
    if (session?.app.appId === DEFAULT_APP) this.#launched?.resolve(session);
  }

  async #request(
    message: Readonly<Record<string, unknown>> & { readonly type: string },
    options: { ms?: number; signal?: AbortSignal } = {},
  ): Promise<void> {
    await this.#client.request(PLATFORM, NAMESPACE.receiver, message, options);
  }

  #requireKnob(): void {
    if (this.#fixed)
      throw new AppError(
        'ERR_NOT_SUPPORTED',
        'the volume of this Chromecast is set at what it is connected to',
      );
  }
}
