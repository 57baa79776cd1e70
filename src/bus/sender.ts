import type { Bus } from './bus.js';
import type { Seal } from './seal.js';

/** Numbers what one process sends to one channel, from 1 on. */
export class Sender {
  readonly #bus: Bus;
  readonly #seal: Seal;
  readonly #node: string;
  readonly #channel: string;
  #seq = 0;

  constructor(bus: Bus, seal: Seal, node: string, channel: string) {
    this.#bus = bus;
    this.#seal = seal;
    this.#node = node;
    this.#channel = channel;
  }

  /** Of the last message. */
  get seq(): number {
    return this.#seq;
  }

  /** False when it was not handed over. Its number is used up all the same, so that it is missed. */
  send(body: object): boolean {
    this.#seq++;
    return this.sendAs(this.#seq, body);
  }

  /** Under a number of the sender's choice. */
  sendAs(seq: number, body: object): boolean {
    const message = { v: 1, node: this.#node, seq, ...body };
    return this.#bus.publish(this.#channel, this.#seal.close(message));
  }
}
