import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A network cable to a TCP port: passes everything on until it is pulled; then nothing moves, and nobody is told. */
export class Cable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Of those, the ones that lead to the port. */
  readonly #far = new Set<Socket>();
  #pulled = false;

  private constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      this.#far.add(far);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        if (this.#pulled) from.pause();
        from.on('data', (bytes) => to.write(bytes));
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.#sockets.delete(from);
          this.#far.delete(from);
          to.destroy();
        });
      }
    });
  }

  static async to(port: number): Promise<Cable> {
    const cable = new Cable(port);
    await new Promise<void>((resolve) => cable.#server.listen(0, '127.0.0.1', resolve));
    return cable;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  pull(): void {
    this.#pulled = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** What goes there arrives, and nothing comes back. */
  hush(): void {
    for (const socket of this.#far) socket.pause();
  }

  plug(): void {
    this.#pulled = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** Every connection is reset: the router was switched off and on. */
  reset(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.reset();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
