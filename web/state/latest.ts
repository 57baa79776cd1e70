/**
 * Sends values one at a time: while one is under way only the newest of the others waits, the rest are forgotten. For sliders, which
 * give more values than the way to the server and back can take.
 */
export class Latest<T> {
  readonly #send: (value: T) => Promise<unknown>;
  #waiting: { value: T } | undefined;
  #running: Promise<void> | undefined;

  constructor(send: (value: T) => Promise<unknown>) {
    this.#send = send;
  }

  /** Resolves when nothing is under way any more; rejects with what the last value sent met, and then nothing waits. */
  push(value: T): Promise<void> {
    this.#waiting = { value };
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return this.#running;
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  async #run(): Promise<void> {
    while (this.#waiting) {
      const { value } = this.#waiting;
      this.#waiting = undefined;
      try {
        await this.#send(value);
      } catch (error) {
        if (!this.#waiting) throw error;
      }
    }
  }
}
