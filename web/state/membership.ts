import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { Outcome, Room } from '../../src/protocol/room.js';
import type { Store } from './store.js';
import { outcomeText } from './outcome-words.js';

/** After the reply the move should arrive as a patch; when it does not, what the server says is shown again after this. */
const HOLD_MS = 2_000;

interface Move {
  readonly from: string;
  /** Undefined = to a room of its own that this page does not know. */
  readonly to: string | undefined;
}

/** What came of the last wish for a player, in words. */
export interface Said {
  readonly text: string;
  readonly problem: boolean;
}

/** Who plays with whom, shown as wished the moment it is, and as the server says as soon as that answers. */
export class Membership {
  /** Every room with the players it is to have. */
  readonly rooms: ReadonlySignal<readonly Room[]>;
  readonly #store: Store;
  readonly #moves = signal<ReadonlyMap<string, Move>>(new Map());
  readonly #said = signal<ReadonlyMap<string, Said>>(new Map());

  constructor(store: Store) {
    this.#store = store;
    const { rooms, players } = store.house;
    this.rooms = computed(() => {
      const moves = this.#moves.value;
      const known = rooms.value ?? [];
      return moves.size === 0 ? known : known.map((room) => moved(room, moves));
    });
    effect(() => {
      const now = players.value;
      const over = [...this.#moves.peek()].filter(
        ([id, { from }]) => now?.find(({ player_id }) => player_id === id)?.room_id !== from,
      );
      this.#drop(over.map(([id]) => id));
    });
  }

  pending(playerId: string): boolean {
    return this.#moves.value.has(playerId);
  }

  said(playerId: string): Said | undefined {
    return this.#said.value.get(playerId);
  }

  /** What was said is old news. */
  forget(): void {
    this.#said.value = new Map();
  }

  /** These play in that room from now on. */
  async group(room_id: string, player_ids: readonly string[]): Promise<readonly Outcome[]> {
    return this.#ask('room:group', room_id, player_ids, () => room_id);
  }

  /** Each goes back to a room of its own. */
  async ungroup(room_id: string, player_ids: readonly string[]): Promise<readonly Outcome[]> {
    const { players } = this.#store.house;
    const home = (id: string) => players.peek()?.find(({ player_id }) => player_id === id)?.home_room_id;
    return this.#ask('room:ungroup', room_id, player_ids, home);
  }

  async #ask(
    type: 'room:group' | 'room:ungroup',
    room_id: string,
    player_ids: readonly string[],
    target: (id: string) => string | undefined,
  ): Promise<readonly Outcome[]> {
    if (player_ids.length === 0) return [];
    const before = this.#store.house.players.peek() ?? [];
    const moves = before
      .filter(({ player_id }) => player_ids.includes(player_id))
      .map(({ player_id, room_id: from }) => [player_id, { from, to: target(player_id) }] as const);
    this.#moves.value = new Map([...this.#moves.peek(), ...moves]);
    this.#said.value = new Map([...this.#said.peek()].filter(([id]) => !player_ids.includes(id)));
    const reply = await this.#store.ask(type, { room_id, player_ids: [...player_ids] });
    if (!reply) {
      this.#drop(player_ids);
      return [];
    }
    this.#tell(type, reply.outcomes);
    return reply.outcomes;
  }

  #tell(type: 'room:group' | 'room:ungroup', outcomes: readonly Outcome[]): void {
    const said = outcomes.map((one) => {
      const problem = one.outcome === 'failed' || one.outcome === 'ignored';
      return [one.player_id, { text: outcomeText(type, one), problem }] as const;
    });
    this.#said.value = new Map([...this.#said.peek(), ...said]);
    this.#drop(said.filter(([, { problem }]) => problem).map(([id]) => id));
    this.#store.controls.after(HOLD_MS, () => this.#drop(outcomes.map(({ player_id }) => player_id)));
  }

  #drop(player_ids: readonly string[]): void {
    const left = [...this.#moves.peek()].filter(([id]) => !player_ids.includes(id));
    if (left.length !== this.#moves.peek().size) this.#moves.value = new Map(left);
  }
}

function moved(room: Room, moves: ReadonlyMap<string, Move>): Room {
  const stay = room.player_ids.filter((id) => {
    const move = moves.get(id);
    return !move || move.to === room.room_id;
  });
  const come = [...moves].filter(([id, { to }]) => to === room.room_id && !stay.includes(id));
  return { ...room, player_ids: [...stay, ...come.map(([id]) => id)] };
}

const made = new WeakMap<Store, Membership>();

/** The one of this page: the board and its sheets show the same wishes. */
export function membershipOf(store: Store): Membership {
  const membership = made.get(store) ?? new Membership(store);
  made.set(store, membership);
  return membership;
}
