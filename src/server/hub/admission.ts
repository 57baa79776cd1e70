import { AppError } from '../../base/index.js';
import type { ServerLimits } from '../parts.js';

/** Counts connections, in all and per address, so that one machine cannot take every place. [GT4] */
export class Admission {
  readonly #limits: ServerLimits;
  readonly #perAddress = new Map<string, number>();
  #total = 0;

  constructor(limits: ServerLimits) {
    this.#limits = limits;
  }

  get total(): number {
    return this.#total;
  }

  /** Takes a place or throws ERR_BUSY; the returned function gives it back, once. */
  enter(address: string): () => void {
    const here = this.#perAddress.get(address) ?? 0;
    if (this.#total >= this.#limits.clients)
      throw new AppError('ERR_BUSY', 'The server has as many connections as it takes');
    if (here >= this.#limits.clientsPerAddress && !isLoopback(address))
      throw new AppError('ERR_BUSY', 'This address has as many connections as one may have');
    this.#total += 1;
    this.#perAddress.set(address, here + 1);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#leave(address);
    };
  }

  #leave(address: string): void {
    this.#total -= 1;
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}
