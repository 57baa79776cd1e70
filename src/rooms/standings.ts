/** How one member of a shared room stands to what the room plays. */
export interface Standing {
  /** The item it was told to play. */
  readonly itemId: string | undefined;
  /** It has taken the item in. */
  loaded: boolean;
  /** It was prepared to be heard from this moment on, if it is ready by then. */
  readyUs: number;
  /** It knows when to be where. */
  cued: boolean;
  /** It has been heard with this item. */
  heard: boolean;
  /** It has played the item to its end, and nothing lay behind it. */
  over: boolean;
  /** Commands under way. */
  pending: number;
  /** When it last answered one. */
  toldUs: number;
  /** How often it was brought into this item. */
  tries: number;
  /** Why it cannot play this item. */
  failed: string | undefined;
  /** Why it is left alone until people ask the room for music. */
  out: string | undefined;
}

/** The standings of all members of shared rooms. Not kept: after a restart what players report puts them right. */
export class Standings {
  readonly #of = new Map<string, Standing>();

  of(playerId: string): Standing {
    return this.#of.get(playerId) ?? this.begin(playerId, undefined);
  }

  /** The member begins anew with an item. Who is out stays out. */
  begin(playerId: string, itemId: string | undefined): Standing {
    const before = this.#of.get(playerId);
    const standing: Standing = {
      itemId,
      loaded: false,
      readyUs: 0,
      cued: false,
      heard: false,
      over: false,
      pending: 0,
      toldUs: 0,
      tries: before?.itemId === itemId ? (before?.tries ?? 0) : 0,
      failed: undefined,
      out: before?.out,
    };
    this.#of.set(playerId, standing);
    return standing;
  }

  forget(playerId: string): void {
    this.#of.delete(playerId);
  }
}
