import * as z from 'zod';
import { Id } from '../protocol/index.js';

/** A setting that is kept over restarts. */
export interface Setting {
  read(): string | undefined;
  write(text: string): void;
}

const Kept = z.object({ first: z.int(), ports: z.record(Id, z.int().min(1).max(65_535)) });

/** Which room has which port. A room keeps its port over restarts, so that phones find it again; another first port begins anew. */
export class Ports {
  readonly #setting: Setting;
  readonly #first: number;
  readonly #ports: Map<string, number>;

  constructor(setting: Setting, first: number) {
    this.#setting = setting;
    this.#first = first;
    const kept = Kept.safeParse(parsed(setting.read()));
    this.#ports = new Map(kept.success && kept.data.first === first ? Object.entries(kept.data.ports) : []);
  }

  of(roomId: string): number | undefined {
    return this.#ports.get(roomId);
  }

  /** The lowest port from `from` on that no room has; undefined when there is none. */
  free(from = this.#first): number | undefined {
    const taken = new Set(this.#ports.values());
    for (let port = from; port <= 65_535; port++) if (!taken.has(port)) return port;
    return undefined;
  }

  keep(roomId: string, port: number): void {
    if (this.#ports.get(roomId) === port) return;
    this.#ports.set(roomId, port);
    this.#write();
  }

  forget(roomId: string): void {
    if (this.#ports.delete(roomId)) this.#write();
  }

  #write(): void {
    this.#setting.write(JSON.stringify({ first: this.#first, ports: Object.fromEntries(this.#ports) }));
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
