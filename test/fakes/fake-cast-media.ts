import * as z from 'zod';
import type { CastMpv, MpvLine } from './fake-cast-mpv.js';

/** A receiver is a page: any text counts as true, also the `"false"` that VLC sends. */
const Flag = z.union([z.boolean(), z.string().transform((text) => text !== '')]);
const MediaOfItem = z.looseObject({ contentId: z.string(), customData: z.unknown().optional() });
const NewItem = z.looseObject({
  media: MediaOfItem,
  autoplay: Flag.default(true),
  startTime: z.number().default(0),
  customData: z.unknown().optional(),
});
export type NewItem = z.infer<typeof NewItem>;

const Request = z.looseObject({
  type: z.string(),
  requestId: z.int().default(0),
  mediaSessionId: z.int().optional(),
  media: MediaOfItem.optional(),
  items: z.array(NewItem).default([]),
  itemIds: z.array(z.int()).default([]),
  startIndex: z.int().default(0),
  autoplay: Flag.optional(),
  currentTime: z.number().optional(),
  resumeState: z.string().optional(),
  insertBefore: z.int().optional(),
  currentItemId: z.int().optional(),
  jump: z.int().optional(),
  playbackRate: z.number().optional(),
});
type Request = z.infer<typeof Request>;

interface Item extends NewItem {
  readonly itemId: number;
  /** mpv's name for it. */
  entry?: number;
}

type PlayerState = 'IDLE' | 'BUFFERING' | 'PLAYING' | 'PAUSED';

interface Session {
  readonly mediaSessionId: number;
  items: Item[];
  currentItemId: number;
  state: PlayerState;
  idleReason?: string;
  rate: number;
}

/** Sends to one sender, who asked, or to everybody. */
export type SendMedia = (payload: Readonly<Record<string, unknown>>, asked: boolean) => void;

/** PAUSE, SEEK, STREAM_VOLUME, STREAM_MUTE, QUEUE_NEXT, QUEUE_PREV; and PLAYBACK_RATE. */
const COMMANDS = 1 | 2 | 4 | 8 | 64 | 128;
const PLAYBACK_RATE = 8192;

/** The media side of the Default Media Receiver: LOAD, transport and queue, on a real player. */
export class FakeCastMedia {
  /** Whether this receiver can change its speed. */
  canRate = true;
  /** So much later than asked does the sound of a PLAY begin. */
  startDelayMs = 0;
  #mpv: CastMpv;
  #broadcast: (payload: Readonly<Record<string, unknown>>) => void;
  #session: Session | undefined;
  #lastSession = 0;
  #lastItem = 0;
  #playing: number | undefined;
  #loading: { entry?: number; settle: (problem: string | undefined) => void } | undefined;
  #toldItem: number | undefined;

  constructor(mpv: CastMpv, broadcast: (payload: Readonly<Record<string, unknown>>) => void) {
    this.#mpv = mpv;
    this.#broadcast = broadcast;
    mpv.onEvent = (event) => this.#heard(event);
  }

  static async over(mpv: CastMpv, broadcast: (payload: Readonly<Record<string, unknown>>) => void) {
    const media = new FakeCastMedia(mpv, broadcast);
    await mpv.command('observe_property', 1, 'idle-active');
    return media;
  }

  get state(): PlayerState | 'NONE' {
    return this.#session?.state ?? 'NONE';
  }

  /** What plays or is paused: the address of the file. */
  get playing(): string | undefined {
    const session = this.#session;
    return session && session.state !== 'IDLE' ? this.#current(session)?.media.contentId : undefined;
  }

  get itemCount(): number {
    return this.#session?.items.length ?? 0;
  }

  /** `time-pos` moves in steps of what is decoded at once; what sounds is `audio-pts`. */
  async position(): Promise<number> {
    const sounds = this.#session?.state === 'PLAYING' ? await this.#mpv.number('audio-pts') : undefined;
    return sounds ?? (await this.#mpv.number('time-pos')) ?? 0;
  }

  async take(payload: unknown, send: SendMedia): Promise<void> {
    const request = Request.parse(payload);
    const { requestId } = request;
    if (request.type === 'GET_STATUS') return this.#answer(requestId, send);
    if (request.type === 'LOAD' || request.type === 'QUEUE_LOAD') return this.#load(request, send);
    const session = this.#session;
    if (!session || session.state === 'IDLE') return send({ type: 'INVALID_PLAYER_STATE', requestId }, true);
    if (request.mediaSessionId !== session.mediaSessionId) {
      const reason = 'INVALID_MEDIA_SESSION_ID';
      return send({ type: 'INVALID_REQUEST', reason, requestId }, true);
    }
    if (!(await this.#obey(request, session, send))) return;
    await this.#answer(requestId, send);
    await this.#tellAll();
  }

  /** Somebody with a remote control, or the end of the app. */
  async quit(): Promise<void> {
    const session = this.#session;
    if (session && session.state !== 'IDLE') {
      session.state = 'IDLE';
      session.idleReason = 'CANCELLED';
      await this.#tellAll();
    }
    this.#session = undefined;
    await this.#mpv.command('stop').catch(() => undefined);
  }

  /** False when the request has its own answer. */
  async #obey(request: Request, session: Session, send: SendMedia): Promise<boolean> {
    const { requestId } = request;
    switch (request.type) {
      case 'PLAY':
        await this.#play(session);
        return true;
      case 'PAUSE':
        await this.#mpv.command('set_property', 'pause', true);
        session.state = 'PAUSED';
        return true;
      case 'SEEK':
        await this.#seek(request, session);
        return true;
      case 'STOP':
        await this.quit();
        return true;
      case 'SET_PLAYBACK_RATE':
        if (!this.canRate) {
          send({ type: 'INVALID_REQUEST', reason: 'NOT_SUPPORTED', requestId }, true);
          return false;
        }
        session.rate = request.playbackRate ?? 1;
        await this.#mpv.command('set_property', 'speed', session.rate);
        return true;
      case 'SET_VOLUME':
        return true;
      case 'QUEUE_INSERT':
        await this.#insert(request, session);
        return true;
      case 'QUEUE_REMOVE':
        await this.#remove(request.itemIds, session);
        return true;
      case 'QUEUE_UPDATE':
        await this.#jump(request, session);
        return true;
      case 'QUEUE_GET_ITEM_IDS':
        send({ type: 'QUEUE_ITEM_IDS', itemIds: session.items.map(({ itemId }) => itemId), requestId }, true);
        return false;
      case 'QUEUE_GET_ITEMS':
        send({ type: 'QUEUE_ITEMS', items: session.items.map(wireItem), requestId }, true);
        return false;
      default:
        send({ type: 'INVALID_REQUEST', reason: 'INVALID_COMMAND', requestId }, true);
        return false;
    }
  }

  async #load(request: Request, send: SendMedia): Promise<void> {
    const { requestId, media, currentTime = 0, startIndex } = request;
    const given = media ? [NewItem.parse({ media })] : request.items;
    await this.#interrupt();
    const items = given.map((item) => this.#item(item));
    const first = items[startIndex];
    if (!first) return send({ type: 'LOAD_FAILED', requestId }, true);
    const autoplay = request.autoplay ?? first.autoplay;
    const mediaSessionId = ++this.#lastSession;
    const session: Session = {
      mediaSessionId,
      items,
      currentItemId: first.itemId,
      state: 'BUFFERING',
      rate: 1,
    };
    this.#session = session;
    await this.#tellAll();
    const problem = await this.#open(first, currentTime || first.startTime, !autoplay);
    if (this.#session !== session) return send({ type: 'LOAD_CANCELLED', requestId }, true);
    if (problem !== undefined) {
      session.state = 'IDLE';
      session.idleReason = 'ERROR';
      send({ type: 'LOAD_FAILED', requestId }, true);
      await this.#tellAll();
      this.#session = undefined;
      return;
    }
    if (session.state === 'BUFFERING') session.state = autoplay ? 'PLAYING' : 'PAUSED';
    for (const item of items.slice(startIndex + 1)) await this.#append(item);
    await this.#answer(requestId, send);
    await this.#tellAll();
  }

  async #open(item: Item, seconds: number, paused: boolean): Promise<string | undefined> {
    const done = new Promise<string | undefined>((settle) => (this.#loading = { settle }));
    await this.#mpv.command('set_property', 'speed', 1);
    await this.#mpv.command('set_property', 'pause', paused);
    await this.#mpv.command('set_property', 'start', seconds > 0 ? String(seconds) : 'none');
    const reply = await this.#mpv.command('loadfile', item.media.contentId, 'replace');
    item.entry = entryOf(reply);
    if (this.#loading) this.#loading.entry = item.entry;
    const problem = await done;
    this.#loading = undefined;
    await this.#mpv.command('set_property', 'start', 'none');
    return problem;
  }

  async #append(item: Item): Promise<void> {
    item.entry = entryOf(await this.#mpv.command('loadfile', item.media.contentId, 'append'));
  }

  async #interrupt(): Promise<void> {
    const session = this.#session;
    if (!session || session.state === 'IDLE') return;
    session.state = 'IDLE';
    session.idleReason = 'INTERRUPTED';
    this.#loading?.settle('interrupted');
    await this.#tellAll();
  }

  async #play(session: Session): Promise<void> {
    if (this.startDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.startDelayMs));
    await this.#mpv.command('set_property', 'pause', false);
    session.state = 'PLAYING';
  }

  async #seek(request: Request, session: Session): Promise<void> {
    if (request.currentTime !== undefined) {
      const there = new Promise<string | undefined>((settle) => (this.#loading = { settle }));
      await this.#mpv.command('seek', request.currentTime, 'absolute+exact');
      await Promise.race([there, new Promise((resolve) => setTimeout(resolve, 500))]);
      this.#loading = undefined;
    }
    if (request.resumeState === 'PLAYBACK_START') await this.#play(session);
    if (request.resumeState !== 'PLAYBACK_PAUSE') return;
    await this.#mpv.command('set_property', 'pause', true);
    session.state = 'PAUSED';
  }

  async #insert(request: Request, session: Session): Promise<void> {
    for (const given of request.items) {
      const item = this.#item(given);
      const before = session.items.findIndex(({ itemId }) => itemId === request.insertBefore);
      await this.#append(item);
      if (before < 0) {
        session.items.push(item);
        continue;
      }
      session.items.splice(before, 0, item);
      const count = (await this.#mpv.number('playlist-count')) ?? 0;
      const offset = count - session.items.length;
      await this.#mpv.command('playlist-move', count - 1, before + offset);
    }
  }

  async #remove(itemIds: readonly number[], session: Session): Promise<void> {
    for (const itemId of itemIds) {
      const item = session.items.find((candidate) => candidate.itemId === itemId);
      session.items = session.items.filter((candidate) => candidate !== item);
      const list = z
        .array(z.looseObject({ id: z.int().optional() }))
        .parse(await this.#mpv.command('get_property', 'playlist'));
      const index = list.findIndex(({ id }) => id !== undefined && id === item?.entry);
      if (index >= 0) await this.#mpv.command('playlist-remove', index);
    }
  }

  async #jump(request: Request, session: Session): Promise<void> {
    const from = session.items.findIndex(({ itemId }) => itemId === session.currentItemId);
    const to =
      request.jump !== undefined
        ? session.items[from + request.jump]
        : session.items.find(({ itemId }) => itemId === request.currentItemId);
    if (to?.entry === undefined || to.itemId === session.currentItemId) return;
    const list = z
      .array(z.looseObject({ id: z.int().optional() }))
      .parse(await this.#mpv.command('get_property', 'playlist'));
    const index = list.findIndex(({ id }) => id === to.entry);
    if (index >= 0) await this.#mpv.command('playlist-play-index', index);
  }

  #heard(event: MpvLine): void {
    const session = this.#session;
    if (event.event === 'start-file') this.#playing = event.playlist_entry_id;
    if (event.event === 'playback-restart' && this.#loading) {
      const { entry, settle } = this.#loading;
      if (entry === undefined || entry === this.#playing) return settle(undefined);
    }
    if (event.event === 'end-file' && event.reason === 'error') {
      if (this.#loading) return this.#loading.settle('it cannot be played');
      if (session) this.#failed(session, event.playlist_entry_id);
      return;
    }
    if (!session || this.#loading || session.state === 'IDLE') return;
    if (event.event === 'playback-restart') this.#wentOn(session);
    if (event.event === 'property-change' && event.data === true) void this.#finished(session);
  }

  /** mpv hands out changes of properties after everything else: by then it may play something new. */
  async #finished(session: Session): Promise<void> {
    const isIdle = await this.#mpv.command('get_property', 'idle-active').catch(() => false);
    if (isIdle !== true || this.#session !== session || this.#loading || session.state === 'IDLE') return;
    // What mpv was not given yet cannot have ended: that is news of what it played before.
    if (this.#current(session)?.entry === undefined) return;
    session.state = 'IDLE';
    session.idleReason = 'FINISHED';
    await this.#tellAll();
  }

  #wentOn(session: Session): void {
    const item = session.items.find(({ entry }) => entry !== undefined && entry === this.#playing);
    if (!item || item.itemId === session.currentItemId) return;
    session.currentItemId = item.itemId;
    if (session.state === 'BUFFERING') session.state = 'PLAYING';
    void this.#tellAll();
  }

  #failed(session: Session, entry: number | undefined): void {
    const item = session.items.find((candidate) => candidate.entry === entry);
    if (item) session.currentItemId = item.itemId;
    session.state = 'IDLE';
    session.idleReason = 'ERROR';
    void this.#mpv.command('stop').catch(() => undefined);
    void this.#tellAll();
  }

  #item(given: NewItem): Item {
    return { ...given, itemId: ++this.#lastItem };
  }

  #current(session: Session): Item | undefined {
    return session.items.find(({ itemId }) => itemId === session.currentItemId);
  }

  async #answer(requestId: number, send: SendMedia): Promise<void> {
    send({ type: 'MEDIA_STATUS', requestId, status: await this.#status(true) }, true);
  }

  /** As the protocol has it, a broadcast names the media only when it is another one. */
  async #tellAll(): Promise<void> {
    const item = this.#session?.currentItemId;
    const full = item !== this.#toldItem || this.#session?.state === 'BUFFERING';
    this.#toldItem = item;
    this.#broadcast({ type: 'MEDIA_STATUS', requestId: 0, status: await this.#status(full) });
  }

  async #status(full: boolean): Promise<unknown[]> {
    const session = this.#session;
    if (!session) return [];
    const { mediaSessionId, state, currentItemId, rate, idleReason } = session;
    const asked = state === 'IDLE' ? undefined : await this.position();
    const duration = state === 'IDLE' ? undefined : await this.#mpv.number('duration');
    const media = this.#current(session)?.media;
    return [
      {
        mediaSessionId,
        playbackRate: rate,
        playerState: state,
        currentTime: Math.max(0, asked ?? 0),
        supportedMediaCommands: COMMANDS | (this.canRate ? PLAYBACK_RATE : 0),
        volume: { level: 1, muted: false },
        currentItemId,
        repeatMode: 'REPEAT_OFF',
        ...(state === 'IDLE' && { idleReason }),
        ...(full && media && { media: { ...media, ...(duration !== undefined && { duration }) } }),
        ...(full && { items: session.items.map(wireItem) }),
      },
    ];
  }
}

function wireItem({ itemId, media, autoplay, customData }: Item): Readonly<Record<string, unknown>> {
  return { itemId, media, autoplay, ...(customData !== undefined && { customData }) };
}

function entryOf(reply: unknown): number {
  return z.looseObject({ playlist_entry_id: z.int() }).parse(reply).playlist_entry_id;
}
