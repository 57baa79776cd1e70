import { AppError } from '../../src/base/index.js';
import type { CastClient, RequestOptions, Said } from './client.js';
import type { Receiver } from './receiver.js';
import { Eyes, type Sight } from './sight.js';
import { MediaStatus, NAMESPACE } from './wire.js';

/** Over a bad network, a receiver opens a file for a long time before it gives up. */
const LOAD_MS = 20_000;

export interface LoadOptions {
  readonly position_seconds: number;
  readonly playing: boolean;
  readonly signal: AbortSignal;
}

/** The media side of the app that runs: what it says, and requests about what it plays. */
export class App {
  readonly eyes = new Eyes();
  #client: CastClient;
  #receiver: Receiver;

  constructor(client: CastClient, receiver: Receiver) {
    this.#client = client;
    this.#receiver = receiver;
  }

  /** Undefined when this is no status of the app's media; `sight` undefined when it has none. */
  read({ source, namespace, message }: Said): { readonly sight: Sight | undefined } | undefined {
    if (namespace !== NAMESPACE.media || source !== this.#receiver.session?.transportId) return undefined;
    const parsed = MediaStatus.safeParse(message);
    if (!parsed.success) return undefined;
    const [state] = parsed.data.status;
    if (!state) this.eyes.forget();
    return { sight: state && this.eyes.take(state) };
  }

  /** Asks what plays; the answer comes as every status does. False when no app could say. */
  async look(): Promise<boolean> {
    if (!this.#receiver.session) return false;
    await this.#request({ type: 'GET_STATUS' });
    return true;
  }

  async load(media: Readonly<Record<string, unknown>>, options: LoadOptions): Promise<void> {
    const { position_seconds: currentTime, playing: autoplay, signal } = options;
    const { app, transportId } = await this.#receiver.launch(signal);
    const message = { type: 'LOAD', sessionId: app.sessionId, media, autoplay, currentTime };
    await this.#client.request(transportId, NAMESPACE.media, message, { ms: LOAD_MS, signal });
  }

  /** PLAY, PAUSE, SEEK ... about what is loaded. Throws ERR_CONFLICT when nothing is. */
  async tell(type: string, fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const mediaSessionId = this.eyes.last?.session_id;
    if (mediaSessionId === undefined) throw new AppError('ERR_CONFLICT', 'nothing is loaded');
    await this.#request({ type, mediaSessionId, ...fields });
  }

  async #request(
    message: Readonly<Record<string, unknown>> & { readonly type: string },
    options: RequestOptions = {},
  ): Promise<void> {
    const session = this.#receiver.session;
    if (!session) throw new AppError('ERR_CONFLICT', 'nothing is loaded');
    await this.#client.request(session.transportId, NAMESPACE.media, message, options);
  }
}
