import type { WebSocket } from 'ws';
import * as z from 'zod';
import { type Clock, type Logger, type Timer } from '../base/index.js';
import {
  CLOSE,
  Id,
  isOver,
  jobTopic,
  type Job,
  type JobStreamMessage,
  type TopicEvent,
} from '../protocol/index.js';
import type { Feed } from '../state/index.js';
import { parseJson } from './json-door.js';

/** Progress is told at each new stage, and otherwise every so many percent. */
const STEP_PERCENT = 5;
/** Heartbeats that nobody answered before the line is dead. */
const MAX_MISSED = 2;
/** Messages of a client between two heartbeats; an honest one sends one. */
const MAX_MESSAGES = 60;
const MAX_MESSAGE_BYTES = 1024;
/** Bytes that wait for a client that does not read; what comes after that waits for the next news. */
const MAX_UNSENT = 64 * 1024;

/** How long listeners have to answer the close frame of a server that stops. */
const GOODBYE_MS = 500;

const STREAM_PATH = /^\/api\/v1\/jobs\/([^/]+)\/stream$/;
const Pong = z.object({ type: z.literal('pong'), timestamp: z.string().optional() });

export interface JobStreamsParts {
  readonly feed: Feed;
  readonly clock: Clock;
  readonly log: Logger;
  readonly heartbeatMs: number;
}

/** The job that an address streams; undefined for any other address. */
export function streamedJob(path: string): string | undefined {
  const [, id] = STREAM_PATH.exec(path) ?? [];
  return Id.safeParse(id).success ? id : undefined;
}

/** Everybody who listens to one job each, in the words of the job protocol. [JB5] */
export class JobStreams {
  readonly #parts: JobStreamsParts;
  readonly #streams = new Set<JobStream>();
  readonly #stopFeed: () => void;
  readonly #stopBreaks: (() => void) | undefined;
  readonly #heartbeat: Timer;
  #allGone: (() => void) | undefined;

  constructor(parts: JobStreamsParts) {
    this.#parts = parts;
    const { feed, clock } = parts;
    this.#stopFeed = feed.subscribe((events) => events.forEach((event) => this.#tell(event)));
    this.#stopBreaks = feed.onBreak?.(() => {
      for (const stream of this.#streams) this.#lookUp(stream);
    });
    this.#heartbeat = clock.every(parts.heartbeatMs, () => {
      for (const stream of this.#streams) stream.heartbeat();
    });
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Somebody who was let in. They hear at once how the job is, and the connection ends with the job. */
  open(jobId: string, ws: WebSocket): void {
    const stream = new JobStream(jobId, ws, this.#parts);
    this.#streams.add(stream);
    ws.once('close', () => {
      this.#streams.delete(stream);
      if (this.#streams.size === 0) this.#allGone?.();
    });
    this.#lookUp(stream);
  }

  /** Says goodbye; who does not answer that is cut off. */
  async close(): Promise<void> {
    this.#stopFeed();
    this.#stopBreaks?.();
    this.#heartbeat.cancel();
    for (const stream of this.#streams) stream.goodbye();
    if (this.#streams.size > 0) await this.#goodbyes();
    for (const stream of this.#streams) stream.terminate();
  }

  async #goodbyes(): Promise<void> {
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.#allGone = resolve;
      timer = this.#parts.clock.after(GOODBYE_MS, resolve);
    });
    timer?.cancel();
  }

  #lookUp(stream: JobStream): void {
    const { feed } = this.#parts;
    const look = (): void => {
      const found = feed.snapshot(jobTopic(stream.jobId));
      if (found) stream.news(found.data as Job);
      else stream.unknown();
    };
    if (feed.fetch) feed.fetch(jobTopic(stream.jobId), look);
    else look();
  }

  #tell(event: TopicEvent): void {
    if (event.type !== 'job:updated' || event.topic !== jobTopic(event.data.job_id)) return;
    for (const stream of this.#streams) if (stream.jobId === event.data.job_id) stream.news(event.data);
  }
}

/** One listener. */
class JobStream {
  readonly #ws: WebSocket;
  readonly #clock: Clock;
  #told: { readonly stage: string; readonly progress: number } | undefined;
  #job: Job | undefined;
  #missed = 0;
  #messages = 0;

  constructor(
    readonly jobId: string,
    ws: WebSocket,
    { clock, log }: JobStreamsParts,
  ) {
    this.#ws = ws;
    this.#clock = clock;
    ws.on('message', (bytes, isBinary) => this.#receive(bytes as Buffer, isBinary));
    ws.on('pong', () => (this.#missed = 0));
    ws.on('error', (err) => log.debug({ err }, 'job stream broken'));
  }

  news(job: Job): void {
    if (this.#job && isOver(this.#job)) return;
    this.#job = job;
    if (isOver(job)) this.#end(job);
    else if (this.#isWorthTelling(job)) this.#progress(job);
  }

  unknown(): void {
    const error = { message: 'No job has this id', retryable: false, stage: 'unknown' };
    this.#say({ type: 'error', job_id: this.jobId, error, timestamp: this.#now() });
    this.#ws.close(CLOSE.notFound, 'no such job');
  }

  /** The frame for who knows this protocol, the ping for who only knows WebSockets; either answer is good. [JB6] */
  heartbeat(): void {
    this.#messages = 0;
    if (this.#missed >= MAX_MISSED) {
      this.#ws.terminate();
      return;
    }
    this.#missed += 1;
    if (this.#ws.bufferedAmount <= MAX_UNSENT) this.#say({ type: 'heartbeat', timestamp: this.#now() });
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.ping();
  }

  /** For who only listens here, a stream that ends without a word would be a job that never ends. */
  goodbye(): void {
    const error = {
      message: 'The server is restarting',
      retryable: true,
      stage: this.#job?.stage ?? 'unknown',
    };
    this.#say({ type: 'error', job_id: this.jobId, error, timestamp: this.#now() });
    this.#ws.close(CLOSE.restarting, 'restarting');
  }

  terminate(): void {
    this.#ws.terminate();
  }

  #isWorthTelling({ stage, progress }: Job): boolean {
    if (this.#ws.bufferedAmount > MAX_UNSENT) return false;
    if (!this.#told) return true;
    return stage !== this.#told.stage || progress >= this.#told.progress + STEP_PERCENT;
  }

  #progress({ job_id, progress, stage, message }: Job): void {
    this.#told = { stage, progress };
    this.#say({ type: 'progress', job_id, progress, stage, message, timestamp: this.#now() });
  }

  #end(job: Job): void {
    const { job_id, result_url = `/api/v1/jobs/${job_id}`, duration_seconds = 0 } = job;
    const timestamp = this.#now();
    if (job.state === 'completed')
      this.#say({ type: 'completed', job_id, progress: 100, result_url, duration_seconds, timestamp });
    else {
      const { error = { message: job.message, retryable: false, stage: job.stage } } = job;
      this.#say({ type: 'error', job_id, error, timestamp });
    }
    this.#ws.close(1000, 'the job is over');
  }

  #receive(bytes: Buffer, isBinary: boolean): void {
    this.#messages += 1;
    if (isPong(bytes, isBinary) && this.#messages <= MAX_MESSAGES) this.#missed = 0;
    else this.#ws.close(CLOSE.badMessage, 'only pong has a meaning here');
  }

  #say(message: JobStreamMessage): void {
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.send(JSON.stringify(message));
  }

  #now(): string {
    return new Date(this.#clock.wallMs()).toISOString();
  }
}

function isPong(bytes: Buffer, isBinary: boolean): boolean {
  if (isBinary || bytes.length > MAX_MESSAGE_BYTES) return false;
  try {
    return Pong.safeParse(parseJson(bytes.toString('utf8'))).success;
  } catch {
    return false;
  }
}
