import { hostname } from 'node:os';
import { Bonjour, type Service } from 'bonjour-service';
import { deferred, toError, within, type Clock, type Logger } from '../base/index.js';

/** Goodbyes are sent for no longer. */
const GOODBYE_MS = 1000;

/** mDNS allows no more in a name. */
const MOST_BYTES = 63;

/** `Kitchen (Tutti on pi)`; of a long name its beginning. */
function nameOf(roomName: string, who: string): string {
  const end = ` (${who} on ${hostname().split('.')[0]})`;
  let room = [...roomName];
  while (room.length > 0 && Buffer.byteLength(room.join('') + end) > MOST_BYTES) room = room.slice(0, -1);
  return room.join('') + end;
}

export interface AnnouncerParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Where to announce; default: every interface. */
  readonly network?: { readonly interface: string; readonly bind: string; readonly loopback: boolean };
}

/** Tells the network where each room is: phones look for `_mpd._tcp`. */
export class Announcer {
  readonly #clock: Clock;
  readonly #bonjour: Bonjour;
  readonly #services = new Map<string, { readonly service: Service; readonly name: string }>();
  readonly #onError: (error: unknown) => void;

  constructor(parts: AnnouncerParts) {
    this.#clock = parts.clock;
    this.#onError = (error) =>
      parts.log.warn({ error: toError(error).message }, 'MPD clients cannot find the rooms by mDNS');
    const network: object = parts.network ?? {};
    this.#bonjour = new Bonjour(network, this.#onError);
  }

  /**
   * `tutti` in its text is how a Tutti knows that this is a room of another one, not a player. A room is often called as the MPD that plays in it:
   * a name of its own keeps the two apart. So nobody has to be asked for it before, of which the library makes a goodbye in the MPD's name.
   */
  room(roomId: string, roomName: string, port: number): void {
    const plain = nameOf(roomName, 'Tutti');
    const twice = [...this.#services].some(([id, { name }]) => id !== roomId && name === plain);
    const name = twice ? nameOf(roomName, `${roomId}, Tutti`) : plain;
    if (this.#services.get(roomId)?.name === name) return;
    this.gone(roomId);
    const service = this.#bonjour.publish({
      name,
      type: 'mpd',
      port,
      probe: false,
      txt: { tutti: roomId },
    });
    service.on('error', this.#onError);
    this.#services.set(roomId, { service, name });
  }

  gone(roomId: string): void {
    const known = this.#services.get(roomId);
    this.#services.delete(roomId);
    known?.service.stop?.();
  }

  async close(): Promise<void> {
    await within({ clock: this.#clock, what: 'the mDNS goodbye', ms: GOODBYE_MS }, () => {
      const said = deferred<void>();
      this.#bonjour.unpublishAll(() => said.resolve());
      return said.promise;
    }).catch(this.#onError);
    this.#bonjour.destroy();
  }
}
