import { connect, type Socket } from 'node:net';

/** MPD's protocol on a bare socket: one request at a time, the whole answer as text. */
export class MpdLine {
  readonly #socket: Socket;
  #text = '';
  #answer: ((text: string) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Resolves after the greeting. */
  static open(port: number): Promise<MpdLine> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      socket.setEncoding('utf8');
      const line = new MpdLine(socket);
      line.#answer = () => resolve(line);
      socket.once('error', reject);
      socket.on('data', (text: string) => line.#receive(text));
    });
  }

  /** The answer without its last line; rejects on ACK. */
  request(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#answer = (text) => (text.startsWith('ACK') ? reject(new Error(text)) : resolve(text));
      this.#socket.write(`${command}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#text += text;
    const whole = this.#text;
    if (!whole.endsWith('\n')) return;
    const lastLine = whole.slice(whole.lastIndexOf('\n', whole.length - 2) + 1);
    if (!/^(OK|ACK)/.test(lastLine)) return;
    this.#text = '';
    const answer = this.#answer;
    this.#answer = undefined;
    answer?.(lastLine.startsWith('ACK') ? lastLine : whole.slice(0, -lastLine.length));
  }
}
