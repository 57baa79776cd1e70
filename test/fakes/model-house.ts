import { AppError, deferred, type Deferred } from '../../src/base/index.js';
import type { QueuePatch } from '../../src/protocol/index.js';
import { connect, type TuttiClient } from '../../src/client/index.js';
import { applySnapshot, EMPTY_MIRROR, type Mirror } from '../../src/client/mirror.js';
import type { CommandResult } from '../../src/server/commands.js';
import { emptyState, Store } from '../../src/state/index.js';
import { ModelClock, ModelServer, Wire } from './model-network.js';
import { changeOf, known, ROOMS, type Dice } from './store-dice.js';

const TOPICS = ['rooms', 'players', ...ROOMS.map((room) => `room/${room}`)];
const CLIENTS = 2;
/** Turns of promises until a command that waits for nothing has answered. */
const TURNS = 12;
/** More than any silence a client or server waits out. */
const QUIET_MS = 45_000;

interface Phone {
  readonly client: TuttiClient;
  readonly wires: Wire[];
  readonly wanted: Set<string>;
  /** The last state event told, by server life and topic. */
  readonly told: Map<string, number>;
  refused: boolean;
}

/** Two real clients, the real hub and the real store, with a network in between that does what it likes. */
export class ModelHouse {
  readonly #clock = new ModelClock();
  readonly #phones: Phone[];
  readonly #effects = new Map<string, number>();
  readonly #answers = new Map<string, 'waiting' | 'done' | 'failed'>();
  readonly #problems: string[] = [];
  #held: Deferred<void>[] = [];
  #server: ModelServer;
  #lives = 1;
  #wires = 0;
  #names = 0;
  #removed = false;
  #slow = false;
  #holding = false;

  constructor() {
    this.#server = this.#life(emptyState('1'));
    for (const room of ROOMS) this.#server.store.commit(known(room));
    this.#phones = Array.from({ length: CLIENTS }, () => this.#phone());
  }

  commit(dice: Dice): void {
    const { store } = this.#server;
    const change = changeOf(dice, store);
    if (change.type === 'player/known' && store.state.players.has(change.player.player_id)) return;
    const rooms = store.state.rooms.size;
    store.commit(change);
    if (store.state.rooms.size < rooms) this.#removed = true;
    this.#server.fanOut.flush();
  }

  /** Changes that must not be skipped, more than may wait. */
  edits(count: number): void {
    const room_id = ROOMS[0];
    const { store, fanOut } = this.#server;
    for (let n = 0; n < count; n++) {
      const item_id = `o${n % 3}`;
      const items = store.state.rooms.get(room_id)?.queue.items ?? [];
      const there = items.some((item) => item.item_id === item_id);
      const patch: QueuePatch = there ? { remove: [item_id] } : { insert: [[0, [{ item_id, title: 'x' }]]] };
      store.commit({ type: 'queue/edited', room_id, label: 'edit', patch });
      if (n % 8 === 0) fanOut.flush();
    }
    fanOut.flush();
  }

  /** One change, and then so many of another kind: about as many as a ring holds. */
  overflow(count: number): void {
    const room_id = ROOMS[0];
    const { store, fanOut } = this.#server;
    store.commit({ type: 'room/renamed', room_id, name: `o${++this.#names}` });
    for (let n = 0; n < count; n++)
      store.commit({ type: 'room/volume', room_id, volume: (n % 100) / 100, muted: false });
    fanOut.flush();
  }

  /** The line breaks after so many more frames; who hears of it depends. */
  cut(who: number, after: number, heard: number): void {
    const wire = this.#line(who);
    if (!wire) return;
    wire.deliver(after);
    wire.stalled = true;
    if (heard !== 1) wire.endClient(1006);
    if (heard !== 2) wire.endServer();
  }

  stall(who: number): void {
    const wire = this.#line(who);
    if (wire) wire.stalled = true;
  }

  /** Only lines whose both ends are there can come back. */
  unstall(): void {
    this.#slow = false;
    for (const { wires } of this.#phones)
      for (const wire of wires) if (wire.clientOpen && wire.serverOpen) wire.stalled = false;
  }

  /** From now on new lines carry nothing at first. */
  slow(): void {
    this.#slow = true;
  }

  restart(): void {
    const { state } = this.#server.store;
    for (const { wires } of this.#phones)
      for (const wire of wires) {
        wire.endServer();
        if (!wire.stalled) wire.endClient(1006);
      }
    this.#server = this.#life(state);
  }

  want(who: number, topic: number, wanted: boolean): void {
    const phone = this.#phones[who % CLIENTS]!;
    const name = TOPICS[topic % TOPICS.length]!;
    if (wanted) this.#subscribe(phone, name);
    else {
      phone.wanted.delete(name);
      phone.client.unsubscribe([name]);
    }
  }

  revoke(who: number): void {
    const wire = this.#line(who);
    if (!wire || wire.stalled) return;
    wire.endServer();
    wire.endClient(4001);
    this.#phones[who % CLIENTS]!.refused = true;
  }

  wake(who: number): void {
    this.#phones[who % CLIENTS]!.client.wake();
  }

  hold(holding: boolean): void {
    this.#holding = holding;
    if (holding) return;
    for (const one of this.#held.splice(0)) one.resolve();
  }

  /** A command with an effect that can be counted. */
  command(who: number): void {
    const name = `n${++this.#names}`;
    this.#answers.set(name, 'waiting');
    this.#phones[who % CLIENTS]!.client.send('room:rename', { room_id: ROOMS[0], name }).then(
      () => this.#answers.set(name, 'done'),
      () => this.#answers.set(name, 'failed'),
    );
  }

  async pass(ms: number): Promise<void> {
    const end = this.#clock.nowUs() + ms * 1000;
    while (this.#clock.step(end)) await this.settle();
  }

  /** Everything that can arrive arrives. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 2; quiet++) {
      for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
      this.#server.fanOut.flush();
      for (const { wires } of this.#phones) for (const wire of [...wires]) if (wire.deliver()) quiet = -1;
    }
    for (const { wires } of this.#phones)
      for (let at = wires.length - 1; at >= 0; at--)
        if (!wires[at]!.clientOpen && !wires[at]!.serverOpen) wires.splice(at, 1);
  }

  /** The network is fine from now on, and everybody has the time they need. What is wrong then is told. */
  async verdict(): Promise<readonly string[]> {
    for (let round = 0; round < 3; round++) {
      this.hold(false);
      this.unstall();
      for (const phone of this.#phones) {
        if (phone.refused) phone.client.again();
        phone.refused = false;
      }
      await this.settle();
      await this.pass(QUIET_MS / 3);
      this.#server.beat();
      await this.settle();
    }
    for (const phone of this.#phones) this.#judge(phone);
    for (const [name, answer] of this.#answers) {
      const effects = this.#effects.get(name) ?? 0;
      if (answer === 'waiting') this.#problems.push(`${name} was never answered`);
      if (effects > 1 || (answer === 'done' && effects !== 1))
        this.#problems.push(`${name} was ${answer} and had ${effects} effects`);
    }
    for (const { client } of this.#phones) client.close();
    return this.#problems;
  }

  #judge({ client, wanted }: Phone): void {
    const { store } = this.#server;
    if (client.connection.state !== 'live') this.#problems.push(`a client is ${client.connection.state}`);
    const has = Object.keys(client.mirror.revisions);
    for (const topic of wanted)
      if (!has.includes(topic) && !(this.#removed && topic.startsWith('room/')))
        this.#problems.push(`${topic} is wanted and not there`);
    let expected: Mirror = EMPTY_MIRROR;
    for (const topic of has) {
      const now = store.snapshot(topic);
      if (now) expected = applySnapshot(expected, topic, now.revision, JSON.parse(JSON.stringify(now.data)));
    }
    const revisions = Object.fromEntries(
      Object.entries(client.mirror.revisions).filter(([topic]) => store.snapshot(topic)),
    );
    const shown = { ...client.mirror, revisions, progress: {} };
    if (stable(shown) !== stable(expected))
      this.#problems.push(`a mirror is\n${stable(shown)}\ninstead of\n${stable(expected)}`);
  }

  #life(state: Store['state']): ModelServer {
    const keeper = { weigh: () => undefined, keep: () => undefined };
    const store = new Store({ state, epoch: `life-${this.#lives++}`, keeper });
    return new ModelServer(store, this.#clock, (type, request) => this.#run(store, type, request));
  }

  async #run(store: Store, type: string, request: unknown): Promise<CommandResult> {
    const { name } = request as { name: string };
    if (type !== 'room:rename') throw new AppError('ERR_UNKNOWN_COMMAND', type);
    this.#effects.set(name, (this.#effects.get(name) ?? 0) + 1);
    store.commit({ type: 'room/renamed', room_id: ROOMS[0], name });
    if (this.#holding) {
      const held = deferred<void>();
      this.#held.push(held);
      await held.promise;
    }
    return { ok: true, data: {} };
  }

  #phone(): Phone {
    const wires: Wire[] = [];
    const dial = (wire: Wire): void => {
      wires.push(wire);
      wire.stalled = this.#slow;
      wire.accept(this.#server, `c${++this.#wires}`);
    };
    class Line extends Wire {
      constructor() {
        super();
        dial(this);
      }
    }
    const client = connect({
      url: 'ws://model/ws',
      WebSocket: Line,
      clock: this.#clock,
      random: () => 0.5,
      fetch: () => Promise.reject(new Error('no HTTP here')),
      onProblem: (problem) => this.#problems.push(problem),
    });
    const phone: Phone = { client, wires, wanted: new Set(), told: new Map(), refused: false };
    client.onEvent((event) => {
      const state = client.mirror.revisions[event.topic] === event.revision;
      if (!state || event.type === 'heartbeat' || event.type === 'playback:track') return;
      const key = `${client.hello?.epoch} ${event.topic}`;
      if (event.revision <= (phone.told.get(key) ?? -1))
        this.#problems.push(`${key} ${event.type} ${event.revision} was told twice or too late`);
      phone.told.set(key, event.revision);
    });
    for (const topic of TOPICS) this.#subscribe(phone, topic);
    return phone;
  }

  #subscribe({ client, wanted }: Phone, topic: string): void {
    wanted.add(topic);
    client.subscribe([topic]).catch(() => undefined);
  }

  #line(who: number): Wire | undefined {
    return this.#phones[who % CLIENTS]!.wires.findLast((wire) => wire.clientOpen);
  }
}

function stable(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}
