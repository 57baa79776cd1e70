import type { Role } from '../protocol/index.js';

/** A way from one volume to another. */
export interface Way {
  readonly from: number;
  readonly to: number;
  readonly seconds: number;
}

/** How loud it is so many seconds after it began. */
export function levelAt({ from, to, seconds }: Way, elapsed: number): number {
  if (elapsed >= seconds || seconds <= 0) return to;
  const level = from + (to - from) * Math.max(0, elapsed / seconds);
  return Math.round(level * 1000) / 1000;
}

/** Turns rooms for a while, and gives each of their players its own volume back. */
export interface Fades {
  /** Takes the place of an older fade in this room, which has no effect any more. */
  begin(
    roomId: string,
    options?: { readonly role?: Role; readonly turned?: readonly string[]; onTurned?(this: void): void },
  ): RoomFade;
  /** What an earlier life of the server has not given back. */
  giveBack(roomId: string): void;
  /** How loud the room was, as older versions kept it. */
  adopt(roomId: string, volume: number): void;
}

export interface RoomFade {
  /** Players that somebody has turned, by id: they stay where they are when it grows louder. */
  readonly turned: readonly string[];
  /** So loud is the room now, and not muted. */
  raise(level: number): Promise<void>;
  /** So much of its volume is left to each player, 1..0. */
  lower(share: number): Promise<void>;
  /** It is over: as loud as before, once nothing is heard any more. */
  giveBack(): void;
  /** It is over: as loud as now. */
  leave(): void;
}
