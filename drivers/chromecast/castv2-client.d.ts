/** The parts of castv2-client that are used, as they really are: no more is promised by its authors. */
declare module 'castv2-client' {
  import type { EventEmitter } from 'node:events';
  import type { TLSSocket } from 'node:tls';

  /** castv2's Client: a TLS connection and the codec of its messages. */
  export interface WireClient extends EventEmitter {
    /** Null before `connect` and after `close`. */
    socket: TLSSocket | null;
    /** Cuts the socket's bytes into packets, an EventEmitter; null while not connected. */
    ps: { send(body: Uint8Array): void; emit?(event: 'packet', packet: Buffer): unknown } | null;
    connect(options: { host: string; port: number }, connected: () => void): void;
    send(source: string, destination: string, namespace: string, text: string): void;
  }

  export class Client {
    readonly client: WireClient;
  }
}
