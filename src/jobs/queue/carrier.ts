import type { JobProgress } from '../running-job.js';
import type { Ending, Ticket } from './ticket.js';

/** What a queue hears of the tickets it sent. What comes for a ticket it does not wait for, it passes over. */
export interface TicketNews {
  began(ticket: Ticket): void;
  progress(ticket: Ticket, news: JobProgress): void;
  ended(ticket: Ticket, ending: Ending): void;
  /** There may be room again. */
  room(): void;
}

/** Brings tickets to whoever does the work, in this process or another, and back what came of them. */
export interface Carrier {
  /** From here on it tells. */
  start(news: TicketNews): void;
  /** Whether another ticket may be sent now. */
  hasRoom(priority: number): boolean;
  /** Ends with one `ended`, whatever happens. */
  send(ticket: Ticket, priority: number): void;
  /** A ticket that the last life of the server sent: it ends with one `ended` too. */
  adopt(ticket: Ticket, priority: number): void;
  /** Asks for a ticket back; it still ends with one `ended`. */
  recall(ticket: Ticket): void;
  /** What runs in this process has ended or was given back, and was told, when this resolves. */
  close(): Promise<void>;
}
