import type { Readable } from 'node:stream';
import type { Clock, Logger } from '../base/index.js';
import type { BusMeasurements } from '../bus/index.js';
import type { Entrance } from '../people/index.js';
import type { Caller } from '../protocol/index.js';
import type { Measurements } from '../rooms/index.js';
import type { Feed } from '../state/index.js';
import type { RunCommand } from './commands.js';
import type { ServerLimits } from './limits.js';
import type { Tls } from './secure-port.js';
import type { TakePiece } from './upload-routes.js';

export interface ServerConfig {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Names in a Host header that are ours, besides our own addresses, `localhost`, our host name and its `.local` name. */
  readonly allowedHosts: readonly string[];
  /** Origins of pages that may talk to us, besides our own: `https://tutti.example`. */
  readonly allowedOrigins: readonly string[];
  /** Where people reach us when it is not host and port: `https://music.example`. */
  readonly publicUrl?: string | undefined;
  /** Addresses and networks of reverse proxies whose X-Forwarded headers are believed. */
  readonly trustedProxies?: readonly string[];
  /** Own certificate and key, PEM. */
  readonly tls?: Tls | undefined;
  /** Folder of the built page; undefined = serve no page. */
  readonly webRoot: string | undefined;
}

/** A file a media URL stands for. */
export interface MediaFile {
  readonly path: string;
  readonly mime: string;
  readonly etag: string;
  /** What the player needs instead, because it cannot play the file as it is. */
  readonly transcode: 'flac' | 'mp3' | 's16le' | undefined;
  readonly duration_seconds: number;
}

export interface ArtworkFile {
  readonly path: string;
  readonly mime: string;
  readonly etag: string;
}

/** A file that is made when somebody asks for it. */
export interface DownloadedFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Backups as files: given out, and taken in piece by piece. */
export interface BackupFiles {
  /** Throws ERR_NOT_FOUND. */
  file(this: void, backupId: string): Promise<ArtworkFile>;
  /** Gives how much of it is there. */
  upload(
    this: void,
    piece: { readonly offset: number; readonly bytes: AsyncIterable<Uint8Array> },
  ): Promise<number>;
}

export interface ServerParts {
  readonly config: ServerConfig;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly feed: Feed;
  /** Every command, of REST and WebSocket alike. */
  readonly run: RunCommand;
  readonly door: Entrance;
  /**
   * Where all processes of a house remember together what clients asked; without it each connection's answers are remembered here. True when
   * the client is known; `ended` is called when it is on another connection. [RE2]
   */
  resume?(this: void, clientId: string, caller: Caller, ended: () => void): Promise<boolean>;
  /** Throws AppError for a token that is not ours or has expired. Absent, as `artwork` is, where another process has the files. */
  media?(this: void, token: string): MediaFile;
  /** Undefined when there is no such picture; `size` is the wished edge in pixels. */
  artwork?(this: void, id: string, size: number): Promise<ArtworkFile | undefined>;
  /** The address of the process that has the files. */
  filesFrom?(this: void): string;
  /** The file from `offsetSeconds` on in the format of `file.transcode`; the signal aborts when nobody reads any more. */
  transcode?(this: void, file: MediaFile, offsetSeconds: number, signal: AbortSignal): Readable;
  /** Takes a piece of an upload. Absent where another process keeps them. */
  upload?: TakePiece;
  /** Backups of this house as files. Absent where another process keeps them. */
  readonly backups?: BackupFiles;
  /** For /metrics; without it there are only those of the server itself. */
  readonly measurements?: (() => Measurements) | undefined;
  /** The bus between the processes of this house, for /metrics. */
  readonly bus?: (() => BusMeasurements | undefined) | undefined;
  /** Somebody fetches music from here. */
  fetched?(this: void, address: string): void;
  /** What a helper needs to know, as a file; secrets are out of it. Absent where another process knows it. [DR3] */
  diagnostics?(this: void, metrics: () => Promise<string>): Promise<DownloadedFile>;
  /** A WebSocket connection is over. */
  left?(this: void, connectionId: string): void;
  readonly limits?: Partial<ServerLimits>;
}

/** What a running server may be told anew. */
export interface LiveRules extends Pick<ServerConfig, 'allowedHosts' | 'allowedOrigins'> {
  readonly limits: ServerLimits;
}

export interface RunningServer {
  readonly port: number;
  /** Addresses a person can open, the best for another machine first. */
  readonly urls: string[];
  /** Runs a command as everybody's are run, for other doors of this house: counted, and limited per person. */
  readonly run: RunCommand;
  /** WebSocket clients connected now. */
  connections(): number;
  /** Tells every client that the server is about to restart. */
  announce(reason: string, retryAfterMs: number): void;
  /** From now on these limits hold, and these names are ours too; connections that there are stay. */
  change(rules: LiveRules): void;
  /** Announces, closes every socket with 4101 and stops listening. */
  close(): Promise<void>;
}
