import type { Clock } from '../base/index.js';
import { hashOf, newSecret } from './secrets.js';

export const TICKET_SECONDS = 30;
const MAX_TICKETS = 1024;

export interface TicketHolder {
  readonly session_id: string;
  /** Who came with an access token stays bound to it. */
  readonly access_id?: string | undefined;
  readonly expires_at_ms?: number | undefined;
}

/** Good once and for half a minute, so that an address with one in it is worth nothing in a log. In memory only. */
export class Tickets {
  readonly #clock: Clock;
  readonly #tickets = new Map<string, { readonly holder: TicketHolder; readonly endsUs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(holder: TicketHolder): string {
    const nowUs = this.#clock.nowUs();
    for (const [hash, { endsUs }] of this.#tickets) {
      if (endsUs > nowUs && this.#tickets.size < MAX_TICKETS) break;
      this.#tickets.delete(hash);
    }
    const ticket = newSecret();
    this.#tickets.set(hashOf(ticket), { holder, endsUs: nowUs + TICKET_SECONDS * 1e6 });
    return ticket;
  }

  /** Whose a ticket is; it is used up by this. */
  redeem(ticket: string): TicketHolder | undefined {
    const hash = hashOf(ticket);
    const found = this.#tickets.get(hash);
    this.#tickets.delete(hash);
    return found && found.endsUs > this.#clock.nowUs() ? found.holder : undefined;
  }

  get size(): number {
    return this.#tickets.size;
  }
}
