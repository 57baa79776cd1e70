import { pause } from '../program.js';
import { Alarms } from './alarms.js';
import { ROOMS, type SoakHouse } from './soak-house.js';

const VISITORS = 6;
const AT_ONCE = 3;
const GAP_MS = 900;
/** From an alarm that is set until it has rung, or was given up. */
const LONGEST_ALARM_MS = 180_000;
/** Alarms ring where nobody plays. */
const [ROOM, ...OTHERS] = ROOMS;
const SILENT = 'silent';
const MEMBERS = OTHERS.filter((id) => id !== SILENT);
const TOPICS = ['rooms', 'players', 'library', 'system', 'toasts', ...ROOMS.map((id) => `room/${id}`)];

/** What was done to the house, and what of it went wrong. */
export interface Deeds {
  clients: number;
  clientsRefused: number;
  groupChanges: number;
  trackChanges: number;
  commands: number;
  failed: number;
  /** The room that plays had nothing to play, and nobody had asked for that. */
  silences: number;
  readonly reasons: string[];
}

type Act = (at: { readonly turn: number; readonly member: string }) => Promise<unknown>;

/** People who come and go, bring rooms together, skip, seek, search and turn the volume: the same things in the same order, again and again. */
export class Life {
  readonly deeds: Deeds = {
    clients: 0,
    clientsRefused: 0,
    groupChanges: 0,
    trackChanges: 0,
    commands: 0,
    failed: 0,
    silences: 0,
    reasons: [],
  };
  readonly alarms: Alarms;
  readonly #home: SoakHouse;
  readonly #acts: readonly Act[];
  #turn = 0;

  constructor(home: SoakHouse) {
    this.#home = home;
    this.alarms = new Alarms(home.house.server.port, SILENT);
    this.#acts = this.#actsOf(home);
    home.house.client.onEvent(({ type }) => {
      if (type === 'playback:track') this.deeds.trackChanges += 1;
    });
  }

  /** For so long, and until the alarm has rung; everybody plays when it begins. `gapMs` lies between one thing and the next. */
  async busy(ms: number, gapMs = GAP_MS): Promise<void> {
    const { house, crowd } = this.#home;
    const end = performance.now() + ms;
    await this.#act('play', () => this.#play());
    await this.#act('set an alarm', () => this.alarms.setNext());
    const visit = { port: house.server.port, topics: TOPICS, tokens: [], count: VISITORS, atOnce: AT_ONCE };
    const isDue = (): boolean => this.alarms.pending && performance.now() < end + LONGEST_ALARM_MS;
    while (performance.now() < end || isDue()) {
      await this.#act('look after the alarm', () => this.alarms.look());
      const turn = this.#turn++;
      const member = MEMBERS[Math.floor(turn / this.#acts.length) % MEMBERS.length]!;
      this.deeds.clients += VISITORS;
      this.deeds.clientsRefused += await crowd.ask('cycle', visit);
      await this.#act('listen', () => this.#listen());
      const act = turn % this.#acts.length;
      await this.#act(`act ${act}`, () => this.#acts[act]!({ turn, member }));
      await pause(gapMs);
    }
  }

  /** Everything stands still, and every room is by itself. */
  async rest(): Promise<void> {
    const { client } = this.#home.house;
    await this.#act('part', () => client.send('room:ungroup', { room_id: ROOM, player_ids: [...MEMBERS] }));
    for (const room_id of ROOMS) {
      await this.#act('stop', () => client.send('room:stop', { room_id }));
      await this.#act('clear', () => client.send('queue:clear', { room_id }));
    }
  }

  async #play(): Promise<void> {
    const { house } = this.#home;
    await house.playAlbum(ROOM, 20);
    await house.client.send('room:repeat', { room_id: ROOM, repeat: 'all' });
  }

  /** What is done next may need music: where there is none, that is noted once, and not as a fault of every command that needs it. */
  async #listen(): Promise<void> {
    const { client } = this.#home.house;
    const { rooms } = await client.send('room:list', {});
    if (rooms.find(({ room_id }) => room_id === ROOM)?.current) return;
    const { playback, queue } = await client.send('room:get', { room_id: ROOM });
    this.deeds.silences += 1;
    this.#note(`silent: ${playback.state}, ${queue.items.length} items, ${playback.problem ?? 'no problem'}`);
    await this.#play();
  }

  #note(reason: string): void {
    if (this.deeds.reasons.length < 5 && !this.deeds.reasons.includes(reason))
      this.deeds.reasons.push(reason);
  }

  async #act(what: string, act: () => Promise<unknown>): Promise<void> {
    this.deeds.commands += 1;
    try {
      await act();
    } catch (error) {
      this.deeds.failed += 1;
      this.#note(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #actsOf({ house }: SoakHouse): Act[] {
    const { client } = house;
    const room_id = ROOM;
    const regroup = (change: (member: string) => Promise<void>): Act => {
      return async ({ member }) => {
        this.deeds.groupChanges += 1;
        await change(member);
      };
    };
    return [
      regroup((member) => house.group(room_id, [member])),
      ({ turn }) => client.send('room:volume', { room_id, volume: (turn % 50) / 100 }),
      () => client.send('room:next', { room_id }),
      ({ turn }) => client.send('library:search', { query: `noise ${1 + (turn % 6)}` }),
      regroup((member) =>
        house.group(
          room_id,
          MEMBERS.filter((one) => one !== member),
        ),
      ),
      () => client.send('room:seek', { room_id, position_seconds: 2.5 }),
      () => client.send('room:pause', { room_id }),
      () => client.send('room:play', { room_id }),
      () => client.send('room:shuffle', { room_id, shuffle: true }),
      regroup((member) => house.ungroup(room_id, [member])),
      () => client.send('room:shuffle', { room_id, shuffle: false }),
      async () => {
        await client.send('queue:add', { room_id, source: { track_ids: [house.trackIds[0]!] }, at: 'next' });
        await client.send('queue:undo', { room_id });
      },
      regroup((member) => house.group(room_id, [member])),
      () => client.send('room:seek', { room_id, position_seconds: 0.5 }),
      regroup(() => house.ungroup(room_id, [...MEMBERS])),
    ];
  }
}
