/** What went over the bus since the start, of one process. */
export interface BusCounts {
  readonly sent: number;
  readonly received: number;
  /** Could not be handed over: the bus was away, or too much waited already. */
  readonly unsent: number;
  /** Came in and was larger than anything we send. */
  readonly oversize: number;
  /** How often the way to the other processes was lost. */
  readonly breaks: number;
}

/**
 * Messages between the processes of one house, and a small memory they share. At most once, never twice; messages of one sender
 * arrive in the order in which they were published, over all channels, or are lost. Listeners are never called inside `publish`.
 */
export interface Bus {
  /** Whether messages go out and come in at the moment. */
  readonly connected: boolean;
  readonly counts: BusCounts;
  onConnection(listener: (connected: boolean) => void): () => void;
  /** To everybody who listens to the channel now, the sender too. False when it could not be handed over. */
  publish(channel: string, message: string): boolean;
  /** Resolves when what is published from now on will arrive; while the bus is away, at once. The result ends it. */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => void>;
  /** How many processes listen to the channel now, this one among them. Rejects while the bus is away. */
  listeners(channel: string): Promise<number>;
  /** Keeps a text until its time is up. This and the two below reject with ERR_HOUSE_OFFLINE while the bus is away. */
  put(key: string, value: string, ttlMs: number): Promise<void>;
  get(key: string): Promise<string | undefined>;
  delete(key: string): Promise<void>;
  close(): Promise<void>;
}

/** A larger message is not taken from the bus: the greatest honest one is the snapshot of a room with a full queue. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
