import {
  snapcastDriver,
  startSnapServer,
  type SnapServer,
  type SnapServerOptions,
} from '../../drivers/snapcast/index.js';
import { silentLogger, systemClock } from '../../src/base/index.js';
import type { Found } from '../../src/players/index.js';
import { DrivenLink } from '../contracts/driven-link.js';
import { FakeSnapclient } from '../fakes/fake-snapclient.js';

/** Longer than a busy machine keeps a process waiting. */
export const BUFFER_MS = 1000;

/** A stream server on a free port, and what connects to it. */
export class SnapRig {
  readonly found: Found[];
  readonly server: SnapServer;
  readonly #ends: (() => Promise<void> | void)[] = [];

  private constructor(server: SnapServer, found: Found[]) {
    this.server = server;
    this.found = found;
  }

  static async start(options: Partial<SnapServerOptions> = {}): Promise<SnapRig> {
    const found: Found[] = [];
    const server = await startSnapServer({
      host: '127.0.0.1',
      port: 0,
      buffer_ms: BUFFER_MS,
      codec: 'pcm',
      clock: systemClock,
      log: silentLogger,
      onClient: (client) => found.push(client),
      ...options,
    });
    return new SnapRig(server, found);
  }

  /** To be ended with the rig. */
  with<T extends { close(): Promise<void> | void }>(thing: T): T {
    this.#ends.push(() => thing.close());
    return thing;
  }

  async connect(from?: string): Promise<FakeSnapclient> {
    return this.with(await FakeSnapclient.connect(this.server.port, from));
  }

  async hello(id: string, from?: string): Promise<FakeSnapclient> {
    return this.with(await FakeSnapclient.hello(this.server.port, id, from));
  }

  /** The link of a client that has connected or is about to. */
  async link(id: string, memory?: unknown): Promise<DrivenLink> {
    const definition = snapcastDriver(this.server);
    const options = { client_id: id };
    return this.with(await DrivenLink.connect({ definition, options, runtimeDir: '/nowhere', memory }));
  }

  async close(): Promise<void> {
    for (const end of this.#ends.reverse()) await end();
    await this.server.close();
  }
}
