import * as z from 'zod';
import type { Guest, Visit } from './guest.js';
import { RawClient } from './raw-client.js';
import { clientText } from './ws-bytes.js';

const DEADLINE_MS = 10_000;
const Answer = z.looseObject({
  id: z.string().optional(),
  ok: z.boolean().optional(),
  data: z.unknown().optional(),
});

/** The one phone that does something, while others listen. At the control it is connected to /tap, and never answered. */
export class Tapper {
  readonly #client: RawClient;
  readonly #room: string;
  readonly #answered: boolean;
  #serial = 0;
  /** Of all tappers: two that follow each other must not turn a knob to where it stands. */
  static #taps = 0;

  private constructor(client: RawClient, { room, token }: Visit & { readonly room: string }) {
    this.#client = client;
    this.#room = room;
    this.#answered = token !== undefined;
  }

  static async open(visit: Visit & { readonly room: string }): Promise<Tapper> {
    const { port, token } = visit;
    return new Tapper(await RawClient.open(port, token === undefined ? '/tap' : '/ws', token), visit);
  }

  close(): void {
    this.#client.close();
  }

  /** The data of the reply. */
  async command(type: string, body: object): Promise<unknown> {
    const id = `c${++this.#serial}`;
    const answer = await this.#client.ask(JSON.stringify({ id, type, data: body }), `"id":"${id}"`);
    if (!answer.startsWith('{"type":"reply"')) throw new Error(answer);
    return Answer.parse(JSON.parse(answer)).data;
  }

  /** Milliseconds until each guest heard of a turned volume. */
  async tap(guests: readonly Guest[]): Promise<number[]> {
    const id = `t${++this.#serial}`;
    const volume = (20 + (++Tapper.#taps % 60)) / 100;
    const text = JSON.stringify({ id, type: 'room:volume', data: { room_id: this.#room, volume } });
    const taken: number[] = [];
    let begun = 0;
    let timer: NodeJS.Timeout | undefined;
    const all = new Promise<void>((resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`${guests.length - taken.length} clients did not hear a tap`)),
        DEADLINE_MS,
      );
      for (const guest of guests)
        guest.listenTo('volume:updated', () => {
          guest.listenTo(undefined);
          taken.push(performance.now() - begun);
          if (taken.length === guests.length) resolve();
        });
    });
    begun = performance.now();
    const reply = this.#answered ? this.#client.ask(text, `"id":"${id}"`) : undefined;
    if (!reply) this.#client.send(clientText(text));
    await all.finally(() => clearTimeout(timer));
    await reply;
    return taken;
  }

  async clocks(ms: number, gapMs: number): Promise<number[]> {
    const taken: number[] = [];
    const until = performance.now() + ms;
    while (performance.now() < until) {
      const id = `k${++this.#serial}`;
      const begun = performance.now();
      await this.#client.ask(JSON.stringify({ id, type: 'clock', data: { t0_us: 0 } }), `"id":"${id}"`);
      taken.push(this.#client.heardAt - begun);
      await new Promise((resolve) => setTimeout(resolve, gapMs));
    }
    return taken;
  }

  async flood(type: string, body: object, perSecond: number, ms: number): Promise<number> {
    let well = 0;
    this.#client.onText = (chunk, start, end) => {
      const { id, ok } = Answer.parse(JSON.parse(chunk.toString('utf8', start, end)));
      if (ok === true && id?.startsWith('f') === true) well += 1;
    };
    const begun = performance.now();
    for (let sent = 0; performance.now() - begun < ms;) {
      const due = ((performance.now() - begun) / 1000) * perSecond;
      for (; sent < due; sent++) {
        const id = `f${++this.#serial}`;
        const volume = (sent % 100) / 100;
        this.#client.send(clientText(JSON.stringify({ id, type, data: { ...body, volume } })));
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    this.#client.onText = undefined;
    return well;
  }
}
