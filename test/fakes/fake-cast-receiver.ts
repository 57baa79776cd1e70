import { execFile } from 'node:child_process';
import { randomUUID, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import * as z from 'zod';
import { Serial } from '../../src/base/index.js';
import { FakeCastMedia } from './fake-cast-media.js';
import { CastMpv } from './fake-cast-mpv.js';
import { CastFrames, encodeCastMessage, encodeIdentity, type CastMessage } from './fake-cast-wire.js';

const NS = 'urn:x-cast:com.google.cast.';
const CONNECTION = `${NS}tp.connection`;
const HEARTBEAT = `${NS}tp.heartbeat`;
const IDENTITY = `${NS}tp.deviceauth`;
const RECEIVER = `${NS}receiver`;
const MEDIA = `${NS}media`;
const MULTIZONE = `${NS}multizone`;
const PLATFORM = 'receiver-0';
const DEFAULT_APP = 'CC1AD845';

const Payload = z.looseObject({
  type: z.string(),
  requestId: z.int().default(0),
  appId: z.union([z.string(), z.array(z.string())]).optional(),
  sessionId: z.string().optional(),
  volume: z.object({ level: z.number().optional(), muted: z.boolean().optional() }).optional(),
});
type Payload = z.infer<typeof Payload>;

interface App {
  readonly appId: string;
  readonly displayName: string;
  readonly sessionId: string;
  readonly transportId: string;
  readonly statusText: string;
  readonly namespaces: readonly string[];
}

interface Sender {
  readonly socket: TLSSocket;
  /** `sender id > destination` of every open virtual connection. */
  readonly connections: Set<string>;
}

export interface CastReceiverOptions {
  readonly host?: string;
  readonly port?: number;
  readonly name?: string;
  /** A receiver whose loudness is set at its amplifier. */
  readonly fixedVolume?: boolean;
}

export interface HeardRequest {
  readonly namespace: string;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * A Chromecast that is a program: real TLS, the namespaces a sender needs, and real playback by mpv, which fetches what it is told over
 * HTTP. Scriptable: what goes wrong on a network, and what other people do to it.
 */
export class FakeCastReceiver {
  /** Every JSON request that arrived, without heartbeats. */
  readonly heard: HeardRequest[] = [];
  /** Requests that this receiver does not understand. */
  readonly failures: unknown[] = [];
  pings = 0;
  /** PONGs to our own PINGs. */
  pongs = 0;
  /** Keeps the connection and says nothing any more. */
  mute = false;
  /** Only heartbeats are not answered. */
  mutePong = false;
  /** Requests of these types are never answered. */
  readonly unanswered = new Set<string>();
  /** Requests of a type wait so long before they are obeyed. */
  readonly slowMs = new Map<string, number>();
  media!: FakeCastMedia;
  #options: CastReceiverOptions;
  #server!: Server;
  #certificate!: Buffer;
  #key!: Buffer;
  #mpv!: CastMpv;
  #senders = new Set<Sender>();
  #app: App | undefined;
  #volume = { level: 0.5, muted: false };
  #serial = new Serial();
  #port = 0;

  private constructor(options: CastReceiverOptions) {
    this.#options = options;
  }

  static async start(options: CastReceiverOptions = {}): Promise<FakeCastReceiver> {
    const fake = new FakeCastReceiver(options);
    [fake.#key, fake.#certificate] = await selfSigned();
    await fake.#boot(options.port ?? 0);
    return fake;
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#senders.size;
  }

  get app(): string | undefined {
    return this.#app?.appId;
  }

  get volume(): { readonly level: number; readonly muted: boolean } {
    return this.#volume;
  }

  requests(type: string): readonly HeardRequest[] {
    return this.heard.filter((request) => request.type === type);
  }

  async close(): Promise<void> {
    await this.#halt();
  }

  /** Power off and on: every connection dies, nothing is loaded; on another port where one is given. */
  async restart(port = this.#port): Promise<void> {
    await this.#halt();
    this.#app = undefined;
    this.mute = this.mutePong = false;
    await this.#boot(port);
  }

  /** The network lets go of every sender; what plays goes on. */
  dropConnections(): void {
    for (const { socket } of this.#senders) socket.destroy();
  }

  /** Half a message, and the end. */
  dropMidMessage(): void {
    for (const { socket } of this.#senders) socket.end(Buffer.from([0, 0, 0, 90, 8, 0]));
  }

  /** Bytes as they are, to every sender. */
  sendRaw(bytes: Buffer): void {
    for (const { socket } of this.#senders) socket.write(bytes);
  }

  /** Text on a namespace, from the platform, to everybody. */
  sendText(namespace: string, payload: string): void {
    for (const sender of this.#senders) this.#write(sender, PLATFORM, '*', namespace, payload);
  }

  ping(): void {
    this.sendText(HEARTBEAT, JSON.stringify({ type: 'PING' }));
  }

  /** Another app, as when somebody casts from their phone. */
  async takeOver(displayName: string, statusText: string): Promise<void> {
    await this.#serial.run(async () => {
      await this.media.quit();
      this.#open('A0B1C2D3', displayName, statusText, []);
    });
  }

  /** Whoever was casting has stopped. */
  async quitApp(): Promise<void> {
    await this.#serial.run(() => this.#quit());
  }

  /** Somebody else's sender plays something in the same app. */
  async loadElsewhere(url: string, title: string): Promise<void> {
    await this.#serial.run(async () => {
      if (this.#app?.appId !== DEFAULT_APP) this.#openDefault();
      const media = {
        contentId: url,
        contentType: 'audio/flac',
        metadata: { metadataType: 3, title, artist: 'Somebody' },
      };
      await this.media.take({ type: 'LOAD', media, autoplay: true }, () => undefined);
    });
  }

  /** A hand at the knob, or somebody's voice. */
  turnVolume(level: number, muted = this.#volume.muted): void {
    this.#volume = { level, muted };
    this.#tellReceiver();
  }

  async #boot(port: number): Promise<void> {
    this.#mpv = await CastMpv.start();
    const say = (payload: unknown): void => this.#broadcast(this.#app?.transportId ?? '', MEDIA, payload);
    this.media = await FakeCastMedia.over(this.#mpv, say);
    this.#server = createServer({ key: this.#key, cert: this.#certificate }, (socket) => this.#serve(socket));
    this.#server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, this.#options.host ?? '127.0.0.1', resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async #halt(): Promise<void> {
    for (const { socket } of this.#senders) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#mpv.close();
  }

  #serve(socket: TLSSocket): void {
    const sender: Sender = { socket, connections: new Set() };
    const frames = new CastFrames();
    this.#senders.add(sender);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#senders.delete(sender));
    socket.on('data', (chunk: Buffer) => {
      for (const message of frames.push(chunk)) this.#take(sender, message);
    });
  }

  #take(sender: Sender, message: CastMessage): void {
    if (this.mute) return;
    if (message.namespace === IDENTITY) return this.#identify(sender, message);
    const payload = Payload.parse(JSON.parse(String(message.payload)));
    if (message.namespace === HEARTBEAT) return this.#beat(sender, message, payload);
    this.heard.push({ namespace: message.namespace, type: payload.type, payload });
    if (message.namespace === CONNECTION) return this.#connect(sender, message, payload);
    if (!sender.connections.has(`${message.source}>${message.destination}`)) return;
    if (this.unanswered.has(payload.type)) return;
    void this.#serial.run(async () => {
      const wait = this.slowMs.get(payload.type) ?? 0;
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      await this.#obey(sender, message, payload).catch((error: unknown) => this.failures.push(error));
    });
  }

  #connect(sender: Sender, { source, destination }: CastMessage, { type }: Payload): void {
    const route = `${source}>${destination}`;
    if (type === 'CLOSE') sender.connections.delete(route);
    else if (destination === PLATFORM || destination === this.#app?.transportId)
      sender.connections.add(route);
    else this.#write(sender, destination, source, CONNECTION, JSON.stringify({ type: 'CLOSE' }));
  }

  #beat(sender: Sender, { source, destination }: CastMessage, { type }: Payload): void {
    if (type === 'PONG') this.pongs += 1;
    if (type !== 'PING') return;
    this.pings += 1;
    if (!this.mutePong) this.#write(sender, destination, source, HEARTBEAT, JSON.stringify({ type: 'PONG' }));
  }

  /** A challenge is answered in the right shape; only Google can make the content. */
  #identify(sender: Sender, { source, destination }: CastMessage): void {
    const der = new X509Certificate(this.#certificate).raw;
    this.#write(sender, destination, source, IDENTITY, encodeIdentity(Buffer.alloc(256, 1), der));
  }

  async #obey(sender: Sender, message: CastMessage, payload: Payload): Promise<void> {
    const { source, destination, namespace } = message;
    const reply = (answer: unknown): void =>
      this.#write(sender, destination, source, namespace, JSON.stringify(answer));
    if (namespace === MEDIA && this.#app?.appId === DEFAULT_APP) {
      await this.media.take(payload, (answer) => reply(answer));
    } else if (namespace === RECEIVER) {
      await this.#receive(payload, reply);
    } else if (namespace === MULTIZONE) {
      reply({
        type: 'MULTIZONE_STATUS',
        requestId: payload.requestId,
        status: { devices: [], isMultichannel: false },
      });
    }
  }

  async #receive(payload: Payload, reply: (answer: unknown) => void): Promise<void> {
    const { type, requestId } = payload;
    const status = (): void => reply({ type: 'RECEIVER_STATUS', requestId, status: this.#status() });
    if (type === 'GET_STATUS') return status();
    if (type === 'GET_APP_AVAILABILITY') {
      const asked = [payload.appId ?? []].flat();
      const availability = Object.fromEntries(
        asked.map((id) => [id, id === DEFAULT_APP ? 'APP_AVAILABLE' : 'APP_UNAVAILABLE']),
      );
      return reply({ type, requestId, responseType: type, availability });
    }
    if (type === 'LAUNCH') {
      if (payload.appId !== DEFAULT_APP)
        return reply({ type: 'LAUNCH_ERROR', requestId, reason: 'NOT_FOUND' });
      if (this.#app?.appId !== DEFAULT_APP) {
        await this.media.quit();
        this.#openDefault();
      }
      return status();
    }
    if (type === 'STOP') {
      if (payload.sessionId === undefined || payload.sessionId === this.#app?.sessionId) await this.#quit();
      return status();
    }
    if (type === 'SET_VOLUME') {
      const { level = this.#volume.level, muted = this.#volume.muted } = payload.volume ?? {};
      if (!this.#options.fixedVolume) this.#volume = { level, muted };
      status();
      return this.#tellReceiver();
    }
    reply({ type: 'INVALID_REQUEST', requestId, reason: 'INVALID_COMMAND' });
  }

  #openDefault(): void {
    this.#open(DEFAULT_APP, 'Default Media Receiver', 'Ready To Cast', [MEDIA]);
  }

  #open(appId: string, displayName: string, statusText: string, namespaces: readonly string[]): void {
    this.#leave();
    const sessionId = randomUUID();
    this.#app = { appId, displayName, statusText, sessionId, transportId: sessionId, namespaces };
    this.#tellReceiver();
  }

  async #quit(): Promise<void> {
    await this.media.quit();
    this.#leave();
    this.#tellReceiver();
  }

  /** Everybody who talks to the app is told that it goes. */
  #leave(): void {
    const gone = this.#app?.transportId;
    this.#app = undefined;
    if (gone !== undefined) this.#broadcast(gone, CONNECTION, { type: 'CLOSE' });
  }

  #status(): Readonly<Record<string, unknown>> {
    const { fixedVolume = false } = this.#options;
    const volume = fixedVolume ? { level: 1, muted: false } : this.#volume;
    const applications = this.#app && [
      { ...this.#app, isIdleScreen: false, namespaces: this.#app.namespaces.map((name) => ({ name })) },
    ];
    return {
      ...(applications && { applications }),
      isActiveInput: true,
      isStandBy: false,
      volume: { ...volume, controlType: fixedVolume ? 'fixed' : 'attenuation', stepInterval: 0.05 },
    };
  }

  #tellReceiver(): void {
    this.#broadcast(PLATFORM, RECEIVER, { type: 'RECEIVER_STATUS', requestId: 0, status: this.#status() });
  }

  #broadcast(from: string, namespace: string, payload: unknown): void {
    for (const sender of this.#senders) {
      const joined = [...sender.connections].some((route) => route.endsWith(`>${from}`));
      if (joined) this.#write(sender, from, '*', namespace, JSON.stringify(payload));
    }
  }

  #write(
    sender: Sender,
    source: string,
    destination: string,
    namespace: string,
    payload: string | Buffer,
  ): void {
    if (this.mute || sender.socket.destroyed) return;
    sender.socket.write(encodeCastMessage({ source, destination, namespace, payload }));
  }
}

/** Key and certificate, fresh for each receiver, as every Chromecast signs its own. */
async function selfSigned(): Promise<[key: Buffer, certificate: Buffer]> {
  const dir = await mkdtemp(join(tmpdir(), 'tutti-cert-'));
  const [key, certificate] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=fake-cast',
  ];
  try {
    await promisify(execFile)('openssl', [...args, '-keyout', key, '-out', certificate]);
    return [await readFile(key), await readFile(certificate)];
  } catch (cause) {
    throw new Error('openssl is needed for a certificate: apt install openssl', { cause });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
