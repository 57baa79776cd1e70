import { AppError } from '../../base/index.js';
import type { ServerLimits } from '../limits.js';

export type Places = Pick<
  ServerLimits,
  'clients' | 'clientsPerAddress' | 'clientsPerUser' | 'anonymous' | 'anonymousPerAddress'
>;

/** The place of one connection. */
export interface Place {
  /** From the anonymous to those who are known. Throws ERR_BUSY, and then nothing changed. `subject`: who counts; nobody while auth is open. */
  signIn(subject: string | undefined): void;
  /** Gives the place back, once. */
  leave(this: void): void;
}

/** Counts with a limit per key and one for all. */
class Tally {
  readonly #counts = new Map<string, number>();
  total = 0;

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    this.total += 1;
    this.#counts.set(key, this.of(key) + 1);
  }

  remove(key: string): void {
    this.total -= 1;
    const left = this.of(key) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }
}

/**
 * Counts connections, so that one machine or person cannot take every place. Who has not signed in is counted apart: silent sockets keep
 * nobody out who is known. [GT4] [GT5]
 */
export class Admission {
  readonly #limits: Places;
  readonly #anonymous = new Tally();
  readonly #addresses = new Tally();
  readonly #people = new Tally();

  constructor(limits: Places) {
    this.#limits = limits;
  }

  get anonymous(): number {
    return this.#anonymous.total;
  }

  /** A place for somebody who is known. Throws ERR_BUSY. */
  enter(address: string, subject: string | undefined): Place {
    const leave = this.#known(address, subject);
    return { signIn: () => undefined, leave: once(leave) };
  }

  /** A place for somebody who has yet to sign in. Throws ERR_BUSY. */
  enterAnonymous(address: string): Place {
    const { anonymous, anonymousPerAddress } = this.#limits;
    if (this.#anonymous.total >= anonymous || this.#anonymous.of(address) >= anonymousPerAddress)
      throw new AppError('ERR_BUSY', 'Too many connections wait for a sign-in');
    this.#anonymous.add(address);
    let leave = (): void => this.#anonymous.remove(address);
    return {
      signIn: (subject) => {
        const next = this.#known(address, subject);
        leave();
        leave = next;
      },
      leave: once(() => leave()),
    };
  }

  #known(address: string, subject: string | undefined): () => void {
    const { clients, clientsPerAddress, clientsPerUser } = this.#limits;
    if (this.#addresses.total >= clients)
      throw new AppError('ERR_BUSY', 'The server has as many connections as it takes');
    if (this.#addresses.of(address) >= clientsPerAddress && !isLoopback(address))
      throw new AppError('ERR_BUSY', 'This address has as many connections as one may have');
    if (subject !== undefined && this.#people.of(subject) >= clientsPerUser)
      throw new AppError('ERR_BUSY', 'You have as many connections as one person may have', {
        params: { limit: clientsPerUser },
      });
    this.#addresses.add(address);
    if (subject !== undefined) this.#people.add(subject);
    return () => {
      this.#addresses.remove(address);
      if (subject !== undefined) this.#people.remove(subject);
    };
  }
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}

export function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}
