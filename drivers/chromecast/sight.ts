import { OurMark, type MediaOf, type MediaState } from './wire.js';

/** What the app said last about what plays, with what it did not repeat. */
export interface Sight {
  readonly session_id: number;
  readonly state: 'idle' | 'loading' | 'playing' | 'paused';
  /** Only when idle: FINISHED, ERROR, CANCELLED, INTERRUPTED. */
  readonly idle_reason: string | undefined;
  /** Idle only between two items. */
  readonly going_on: boolean;
  readonly position_seconds: number;
  readonly rate: number;
  readonly item_id: number | undefined;
  readonly duration_seconds: number | undefined;
  /** False when it is something new, and what was not said. */
  readonly known: boolean;
  /** Ours, of this or another Tutti. */
  readonly mark: OurMark | undefined;
  readonly title: string | undefined;
  readonly artist: string | undefined;
  readonly commands: number;
}

const STATES = {
  IDLE: 'idle',
  PLAYING: 'playing',
  PAUSED: 'paused',
  BUFFERING: 'loading',
  LOADING: 'loading',
} as const;

interface Item {
  readonly media: MediaOf | undefined;
  readonly mark: OurMark | undefined;
}

/** A status names media and queue only when they changed: this remembers them. */
export class Eyes {
  #session: number | undefined;
  #item: number | undefined;
  #media: MediaOf | undefined;
  #items = new Map<number, Item>();
  #last: Sight | undefined;

  get last(): Sight | undefined {
    return this.#last;
  }

  /** The item of the queue that carries this ref. */
  itemOf(ref: string): number | undefined {
    return [...this.#items].find(([, { mark }]) => mark?.ref === ref)?.[0];
  }

  forget(): void {
    this.#session = this.#item = this.#media = this.#last = undefined;
    this.#items.clear();
  }

  take(status: MediaState): Sight {
    const { mediaSessionId, currentItemId, items } = status;
    if (mediaSessionId !== this.#session) this.forget();
    this.#session = mediaSessionId;
    if (items) this.#remember(items);
    if (status.media) this.#media = status.media;
    else if (currentItemId !== this.#item) this.#media = this.#items.get(currentItemId ?? -1)?.media;
    this.#item = currentItemId;
    const item = this.#items.get(currentItemId ?? -1);
    const media = this.#media;
    const { title, artist, subtitle } = media?.metadata ?? {};
    return (this.#last = {
      session_id: mediaSessionId,
      state: STATES[status.playerState],
      idle_reason: status.playerState === 'IDLE' ? status.idleReason : undefined,
      going_on: status.playerState === 'IDLE' && status.loadingItemId !== undefined,
      position_seconds: status.currentTime,
      rate: status.playbackRate,
      item_id: currentItemId,
      duration_seconds: media?.streamType === 'LIVE' ? undefined : media?.duration,
      known: media !== undefined || item?.mark !== undefined,
      mark: markOf(media?.customData) ?? item?.mark,
      title,
      artist: artist ?? subtitle,
      commands: status.supportedMediaCommands,
    });
  }

  #remember(items: NonNullable<MediaState['items']>): void {
    this.#items.clear();
    for (const { itemId, media, customData } of items) {
      const mark = markOf(customData) ?? markOf(media?.customData);
      this.#items.set(itemId, { media, mark });
    }
  }
}

function markOf(customData: unknown): OurMark | undefined {
  const parsed = OurMark.safeParse(customData);
  return parsed.success ? parsed.data.tutti : undefined;
}
