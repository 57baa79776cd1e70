import type { Clock } from '../../base/index.js';
import { EVENTS, type Readers, type TopicEvent } from '../../protocol/index.js';
import type { Feed } from '../../state/index.js';
import { Batches } from './batches.js';
import type { Client } from './client.js';
import { added, NOTHING, type Figures } from './figures.js';
import { textFrame, type Frame } from './frames.js';
import type { OutgoingEvent } from './outbox.js';
import { Rings } from './ring.js';
import { Snapshots, unsubscribed, type Left, type TopicAnswer } from './snapshots.js';
import { waitingRule } from './waiting-rule.js';

/** Clients that are written to in a row: what a write leaves behind goes before the next part, so that V8 has not to carry it along. */
const PART = 64;

/** One write to each client that has something to get. */
interface Round {
  readonly clients: Iterator<Client, undefined>;
  readonly batches: Batches;
  readonly mark: number;
}

/** Who gets which event, and when: each event becomes bytes once, each client is written to once per tick. [BP4] */
export class FanOut {
  readonly #clock: Clock;
  readonly #feed: Feed;
  readonly #rings: Rings;
  readonly #snapshots: Snapshots;
  readonly #topics = new Map<string, Set<Client>>();
  /** Who may have a followed topic, where not everybody may: as it was told last. */
  readonly #readers = new Map<string, Readers>();
  readonly #everybody = new Set<Client>();
  /** Topics that are asked for, because clients have to get them afresh. */
  readonly #asked = new Set<string>();
  readonly #stopFeed: () => void;
  readonly #stopBreaks: (() => void) | undefined;
  #readable: string | undefined;
  #dirty = new Set<Client>();
  #scheduled: NodeJS.Immediate | undefined;
  #round: Round | undefined;
  #mark = 0;
  /** Whose outbox is being emptied, and who has just been told that a topic is not theirs any more. */
  #flushing: Client | undefined;
  readonly #shownOut: (readonly [Client, string])[] = [];
  readonly #sent = { writes: 0, bytes: 0 };
  readonly #answers = { resumed: 0, snapshots: 0 };
  /** Of clients that have left. */
  #past = NOTHING;
  #wokenUs: number | undefined;

  constructor(feed: Feed, clock: Clock) {
    this.#clock = clock;
    this.#feed = feed;
    // Where events come from another process, who comes back may have been on a third one.
    this.#rings = new Rings(clock, feed.fetch !== undefined);
    this.#snapshots = new Snapshots(feed, this.#rings);
    this.#stopFeed = feed.subscribe((events) => {
      for (const event of events) {
        if (event.readers && this.#topics.has(event.topic)) this.#showOut(event.topic, event.readers);
        this.#publish(event, this.#topics.get(event.topic));
      }
    });
    this.#stopBreaks = feed.onBreak?.(() => this.#restartAll());
  }

  get clients(): ReadonlySet<Client> {
    return this.#everybody;
  }

  /** What went out to all clients since the start, without pings. */
  get sent(): { readonly writes: number; readonly bytes: number } {
    return this.#sent;
  }

  /** All that clients got and were refused since the start. */
  get figures(): Figures {
    let all = this.#past;
    for (const client of this.#everybody) all = added(all, client.figures);
    return all;
  }

  /** How subscriptions were answered: with what was missed, or with everything. */
  get answers(): { readonly resumed: number; readonly snapshots: number } {
    return this.#answers;
  }

  /** Characters of changes that are kept for who comes back. */
  get kept(): number {
    return this.#rings.size;
  }

  /** How long a write has been due already; 0 = none is. */
  get dueUs(): number {
    return this.#wokenUs === undefined ? 0 : this.#clock.nowUs() - this.#wokenUs;
  }

  /** A number no earlier ping has. */
  nextMark(): number {
    return ++this.#mark;
  }

  join(client: Client): void {
    this.#everybody.add(client);
  }

  leave(client: Client): void {
    if (this.#everybody.delete(client)) this.#past = added(this.#past, client.figures);
    this.#dirty.delete(client);
    for (const topic of client.subscriptions) this.#forget(topic, client);
    client.subscriptions.clear();
  }

  /**
   * Snapshot and membership in one turn of the event loop, and the feed speaks in the turn of the commit: no event falls between them,
   * and none that the snapshot has follows it. Who says where it `left` gets what it missed instead, where that is known. [SB3] [SB4]
   */
  subscribe(
    client: Client,
    topic: string,
    id: string | undefined,
    left?: Left,
  ): 'subscribed' | 'unknown' | 'private' {
    const answer = this.#snapshots.answer(topic, left);
    if (!answer) return 'unknown';
    if (!client.reads(answer.readers)) return 'private';
    if (answer.readers) this.#readers.set(topic, answer.readers);
    this.#answers[answer.resumed ? 'resumed' : 'snapshots'] += 1;
    client.subscriptions.add(topic);
    client.outbox.superseded(topic);
    client.reply(this.#snapshots.subscribed(topic, id, answer));
    const members = this.#topics.get(topic);
    if (members) members.add(client);
    else this.#topics.set(topic, new Set([client]));
    this.#rings.wanted(topic);
    return 'subscribed';
  }

  /** Whether a client may go on with a topic that it follows. */
  mayStay(client: Client, topic: string): boolean {
    return client.reads(this.#readers.get(topic));
  }

  /** Runs `then` in a turn in which the topic can be subscribed to: at once, unless it lives in another process. */
  whenReadable(topic: string, then: () => void): void {
    if (this.#feed.fetch) this.#feed.fetch(topic, then);
    else then();
  }

  /** A topic for somebody who asks by other ways, and will ask again. Undefined when there is no such topic. */
  read(topic: string, left: Left | undefined): Promise<TopicAnswer | undefined> {
    return new Promise((resolve) => {
      this.whenReadable(topic, () => {
        const answer = this.#snapshots.answer(topic, left);
        if (answer && !this.#topics.has(topic)) this.#rings.left(topic);
        resolve(answer);
      });
    });
  }

  unsubscribe(client: Client, topic: string): void {
    client.subscriptions.delete(topic);
    client.outbox.superseded(topic);
    this.#forget(topic, client);
  }

  /** An event for every client, subscribed or not. */
  tellEverybody(event: TopicEvent): void {
    this.#publish(event, this.#everybody);
  }

  wake(client: Client): void {
    this.#dirty.add(client);
    this.#wokenUs ??= this.#clock.nowUs();
    this.#scheduled ??= setImmediate(() => {
      this.#begin();
      this.#inParts();
    });
  }

  /** Writes at once all that waits. */
  flush(): void {
    this.#write(Infinity);
    this.#begin();
    this.#write(Infinity);
  }

  #begin(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    this.#wokenUs = undefined;
    const mark = this.nextMark();
    this.#round = { clients: this.#dirty.values(), batches: new Batches(mark), mark };
    this.#dirty = new Set();
  }

  readonly #inParts = (): void => {
    this.#write(PART);
    if (this.#round) process.nextTick(this.#inParts);
  };

  /** To at most so many clients of the round. */
  #write(most: number): void {
    const round = this.#round;
    if (!round) return;
    for (let written = 0; written < most; written++) {
      const { value: client } = round.clients.next();
      if (!client) {
        this.#round = undefined;
        break;
      }
      this.#flushing = client;
      const size = client.flush(round.batches, round.mark, this.#resync);
      if (size === 0) continue;
      this.#sent.writes++;
      this.#sent.bytes += size;
    }
    for (const [client, topic] of this.#shownOut.splice(0)) this.unsubscribe(client, topic);
  }

  close(): void {
    this.#stopFeed();
    this.#stopBreaks?.();
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
  }

  /** The topic afresh, or undefined while it is asked for: who waits for it is written to when it is there. */
  readonly #resync = (topic: string): Frame | undefined => {
    if (!this.#feed.fetch || this.#readable === topic) return this.#afresh(topic);
    if (this.#asked.has(topic)) return undefined;
    let frame: Frame | undefined;
    let inTurn = true;
    this.#asked.add(topic);
    this.#feed.fetch(topic, () => {
      this.#asked.delete(topic);
      if (inTurn) frame = this.#afresh(topic);
      else this.#restarted(topic);
    });
    inTurn = false;
    return frame;
  };

  #afresh(topic: string): Frame {
    const client = this.#flushing;
    return this.#snapshots.resync(topic, (readers) => {
      if (!client || client.reads(readers)) return true;
      this.#shownOut.push([client, topic]);
      return false;
    });
  }

  /** Who is not among its readers any more hears nothing of a topic from now on. [PT7] */
  #showOut(topic: string, readers: Readers): void {
    this.#readers.set(topic, readers);
    for (const client of [...(this.#topics.get(topic) ?? [])]) {
      if (client.reads(readers)) continue;
      this.unsubscribe(client, topic);
      client.reply(unsubscribed(topic));
    }
  }

  #restarted(topic: string): void {
    for (const client of this.#topics.get(topic) ?? [])
      if (client.outbox.restarts(topic)) this.#dirty.add(client);
    this.#readable = topic;
    this.flush();
    this.#readable = undefined;
  }

  /** Events were lost on the way here, or another server life has begun: everybody gets everything afresh. */
  #restartAll(): void {
    this.#rings.clear();
    this.#snapshots.clear();
    for (const [topic, members] of this.#topics) {
      for (const client of members) {
        client.outbox.restart(topic);
        this.wake(client);
      }
    }
  }

  #publish(event: TopicEvent, members: ReadonlySet<Client> | undefined): void {
    const { topic, revision } = event;
    const kept = EVENTS[event.type].state && this.#rings.keeps(topic);
    if (EVENTS[event.type].state) this.#snapshots.forget(topic);
    const heard = members !== undefined && members.size > 0;
    if (!kept && !heard) return;
    const json = this.#json(event);
    const rule = waitingRule(event);
    // In the turn in which it is told, so that who comes back finds it here or hears it, and never neither.
    if (kept) this.#rings.add(topic, revision, rule.kind === 'latest' ? rule.key : undefined, json);
    if (!heard) return;
    const outgoing: OutgoingEvent = { frames: [textFrame(json)], topic, rule };
    for (const client of members)
      if (!event.audience || client.belongs(event.audience)) client.event(outgoing);
  }

  #json({ type, topic, revision, data }: TopicEvent): string {
    const timestamp = new Date(this.#clock.wallMs()).toISOString();
    return JSON.stringify({ type, topic, revision, timestamp, data });
  }

  #forget(topic: string, client: Client): void {
    const members = this.#topics.get(topic);
    members?.delete(client);
    if (members?.size !== 0) return;
    this.#topics.delete(topic);
    this.#readers.delete(topic);
    this.#rings.left(topic);
  }
}
