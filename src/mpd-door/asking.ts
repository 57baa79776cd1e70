import {
  allows,
  type Access,
  type Caller,
  type CommandInput,
  type CommandReply,
  type CommandType,
  type QueueItem,
} from '../protocol/index.js';
import type { Identity } from '../people/index.js';
import type { RoomRecord } from '../state/index.js';
import type { House } from './house.js';
import type { Output } from './output.js';
import type { RoomView } from './room-view.js';
import type { Tag } from './tags.js';
import { ACK, Refusal } from './wire.js';

/** What a connection remembers between commands. */
export interface Client {
  readonly connection_id: string;
  readonly address: string;
  /** The room this client stands in. */
  roomId: string;
  /** Undefined: nobody signed in, or the sign-in ended. */
  identity: Identity | undefined;
  /** Bytes of a picture per answer. */
  binaryLimit: number;
  /** Tags this client wants to be told. */
  readonly tags: Set<Tag>;
  /** Ends the connection after the answer. */
  over: boolean;
}

/** One command as its handler sees it. */
export class Asking {
  constructor(
    readonly house: House,
    readonly client: Client,
    readonly out: Output,
    readonly args: readonly string[],
  ) {}

  /** The argument at a place that the table said is there. */
  arg(at: number): string {
    return this.args[at] ?? '';
  }

  get room(): RoomRecord {
    return this.house.room(this.client.roomId).room;
  }

  get view(): RoomView {
    return this.house.room(this.client.roomId).view;
  }

  get caller(): Caller {
    const { connection_id, identity } = this.client;
    if (this.house.parts.door.mode === 'open') return { connection_id, role: 'admin' };
    if (!identity) throw new Refusal(ACK.permission, 'sign in first');
    const { role, room_id, scopes, subject_id, session_id, name } = identity;
    return { connection_id, role, room_id, scopes, subject_id, session_id, name };
  }

  may(access: Access, roomId = this.client.roomId): boolean {
    const { door } = this.house.parts;
    if (door.mode === 'open') return true;
    const { identity } = this.client;
    return identity !== undefined && allows(access, identity, roomId);
  }

  /** A command of Tutti's table, in the name of this client. */
  async run<T extends CommandType>(type: T, request: CommandInput<T>): Promise<CommandReply<T>> {
    return this.house.run(type, request, this.caller);
  }

  /** The item at a place of the queue. Throws as MPD does for a place that is not there. */
  itemAt(place: number): QueueItem {
    const item = this.view.queue[place];
    if (!item) throw new Refusal(ACK.argument, 'Bad song index');
    return item;
  }

  /** The place of the item with a number. Throws as MPD does for a number that is not there. */
  placeOf(id: number): number {
    const place = this.view.placeOf(id);
    if (place === undefined) throw new Refusal(ACK.not_found, 'No such song');
    return place;
  }

  /** Tells an item of the queue. */
  item(place: number): void {
    const { view, house, client, out } = this;
    const item = view.queue[place];
    if (!item) return;
    const { kept, live } = this.room;
    // A station has its name, and says itself what it plays.
    const heard = item.item_id === kept.item_id ? live.stream_title : undefined;
    const plain = house.parts.catalog.itemSong(item);
    const song = heard === undefined ? plain : { ...plain, tags: { ...plain.tags, Title: heard } };
    out.song(song, client.tags, { pos: place, id: view.idOf(item.item_id) });
  }
}

/** A command of the MPD protocol. */
export interface MpdCommand {
  readonly min: number;
  /** -1 = any number. */
  readonly max: number;
  /** What a client needs to be; `anybody` also before the sign-in. The commands of Tutti it runs are checked on their own. */
  readonly access: Access | 'anybody';
  readonly handle: (asking: Asking) => Promise<void> | void;
}

/** Makes commands that need the same. */
export const needing =
  (access: MpdCommand['access']) =>
  (min: number, max: number, handle: MpdCommand['handle']): MpdCommand => ({ min, max, access, handle });

export type MpdCommands = Readonly<Record<string, MpdCommand>>;
