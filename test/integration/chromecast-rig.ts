import { chromecast as definition } from '../../drivers/chromecast/index.js';
import { silentLogger, type Clock } from '../../src/base/index.js';
import type { Fact, Media, PlayerLink } from '../../src/players/index.js';
import { DrivenLink } from '../contracts/driven-link.js';
import { MediaFolder } from '../contracts/media-files.js';
import { FakeCastReceiver, type CastReceiverOptions } from '../fakes/fake-cast-receiver.js';
import { serveMedia, type MediaServer } from '../fakes/fake-mpd-media.js';

/** A receiver, a server it fetches from, and links to it that are closed in the end. */
export class CastRig {
  #links: DrivenLink[] = [];

  private constructor(
    readonly receiver: FakeCastReceiver,
    readonly folder: MediaFolder,
    readonly web: MediaServer,
  ) {}

  static async start(options: CastReceiverOptions = {}): Promise<CastRig> {
    const folder = await MediaFolder.create();
    return new CastRig(await FakeCastReceiver.start(options), folder, await serveMedia(folder.dir));
  }

  get options(): { readonly host: string; readonly port: number } {
    return { host: '127.0.0.1', port: this.receiver.port };
  }

  async connect(memory?: unknown): Promise<DrivenLink> {
    const { options, web } = this;
    const rest = { runtimeDir: '/nonexistent', httpPort: web.port, memory };
    const link = await DrivenLink.connect({ definition, options, ...rest });
    this.#links.push(link);
    return link;
  }

  /** A link whose clock stands still until it is turned, for the deadlines. */
  async connectByHand(clock: Clock, port = this.receiver.port): Promise<PlayerLink> {
    const context = {
      player_id: 'p',
      emit: (_: Fact) => undefined,
      log: silentLogger,
      clock,
      memory: null,
      httpPort: this.web.port,
      runtimeDir: '/nonexistent',
    };
    const options = definition.options.parse({ host: '127.0.0.1', port });
    return definition.connect(options, context, AbortSignal.timeout(20_000));
  }

  tone(n: number, seconds: number): Promise<Media> {
    return this.folder.tone(n, { seconds });
  }

  /** Loaded, and heard. */
  async play(link: DrivenLink, media: Media, next?: Media): Promise<void> {
    await link.run({ type: 'load', media, position_seconds: 0, playing: true, ...(next && { next }) });
    await link.next('playback', 'playing', (fact) => fact.ref === media.ref && fact.status === 'playing');
  }

  url(media: Media): string {
    return `http://127.0.0.1:${this.web.port}${media.url_path}`;
  }

  async close(): Promise<void> {
    for (const link of this.#links) await link.close();
    await this.receiver.close();
    await this.web.close();
    await this.folder.remove();
  }
}
