import type { Clock } from '../base/index.js';

/** A gateway that says nothing for so long is gone. */
export const SILENT_MS = 3_000;
export const BEAT_MS = 1_000;
const MAX_CONNECTIONS = 65_536;

interface Member {
  seq: number;
  heardUs: number;
  /** Connections whose commands came through it. */
  readonly connections: Set<string>;
}

/** The gateways that have come in, and whose connections are on which. */
export class Members {
  readonly #clock: Clock;
  readonly #left: (connectionId: string) => void;
  readonly #members = new Map<string, Member>();

  constructor(clock: Clock, left: (connectionId: string) => void) {
    this.#clock = clock;
    this.#left = left;
  }

  get size(): number {
    return this.#members.size;
  }

  has(node: string): boolean {
    return this.#members.has(node);
  }

  /** One that is here already keeps its connections: it only lost the way for a moment. */
  join(node: string, seq: number): void {
    const connections = this.#members.get(node)?.connections ?? new Set();
    this.#members.set(node, { seq, heardUs: this.#clock.nowUs(), connections });
  }

  /** False for a number that was there before. */
  heard(node: string, seq: number): boolean {
    const member = this.#members.get(node);
    if (!member || seq <= member.seq) return false;
    member.seq = seq;
    member.heardUs = this.#clock.nowUs();
    return true;
  }

  uses(node: string, connectionId: string): void {
    const connections = this.#members.get(node)?.connections;
    if (connections && connections.size < MAX_CONNECTIONS) connections.add(connectionId);
  }

  connectionLeft(node: string, connectionId: string): void {
    if (this.#members.get(node)?.connections.delete(connectionId)) this.#left(connectionId);
  }

  leave(node: string): void {
    const member = this.#members.get(node);
    this.#members.delete(node);
    for (const connectionId of member?.connections ?? []) this.#left(connectionId);
  }

  /** Those that have been silent for too long leave; their ids. */
  expire(): string[] {
    const limit = this.#clock.nowUs() - SILENT_MS * 1000;
    const gone = [...this.#members].filter(([, { heardUs }]) => heardUs < limit).map(([node]) => node);
    for (const node of gone) this.leave(node);
    return gone;
  }
}
