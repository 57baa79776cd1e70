import { MpdLine } from './mpd-line.js';
import { openMany } from './raw-client.js';

/**
 * Clients that keep up with MPD as all of them do: wait in `idle mixer`, then ask `status`, because `idle` does not say what the volume is.
 */
export class MpdFan {
  readonly #clients: readonly MpdLine[];
  readonly #setter: MpdLine;
  #missing = 0;
  #allKnow: (() => void) | undefined;
  #serial = 0;
  #closed = false;

  private constructor(clients: readonly MpdLine[], setter: MpdLine) {
    this.#clients = clients;
    this.#setter = setter;
    for (const client of clients) void this.#follow(client);
  }

  /** MPD's queue for new connections is short, so they come a few at a time. */
  static async open(port: number, clients: number): Promise<MpdFan> {
    const lines = await openMany(clients, 4, () => MpdLine.open(port));
    return new MpdFan(lines, await MpdLine.open(port));
  }

  async tap(): Promise<number> {
    this.#missing = this.#clients.length;
    const all = new Promise<void>((resolve) => (this.#allKnow = resolve));
    const begun = performance.now();
    const accepted = this.#setter.request(`setvol ${20 + (++this.#serial % 60)}`);
    await all;
    const ms = performance.now() - begun;
    await accepted;
    return ms;
  }

  close(): void {
    this.#closed = true;
    for (const client of [...this.#clients, this.#setter]) client.close();
  }

  async #follow(client: MpdLine): Promise<void> {
    while (!this.#closed) {
      await client.request('idle mixer');
      const status = await client.request('status');
      if (!status.includes('volume:')) throw new Error('MPD did not say its volume');
      this.#missing -= 1;
      if (this.#missing === 0) this.#allKnow?.();
    }
  }
}
