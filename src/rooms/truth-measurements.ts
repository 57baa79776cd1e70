import type { PlaybackStatus, Player, SyncReport } from '../protocol/index.js';
import type { RoomParts } from './parts.js';
import type { Corrections, TruthMeter } from './truth.js';

/** The house in numbers, for who watches over it. */
export interface Measurements {
  readonly players: readonly {
    readonly player_id: string;
    readonly kind: string;
    readonly link: Player['link'];
    readonly room_id: string;
    /** Only while its room plays. */
    readonly report?: SyncReport;
    readonly sync_class: Player['sync_class'];
  }[];
  readonly rooms: readonly { readonly room_id: string; readonly state: PlaybackStatus }[];
  readonly corrections: readonly Corrections[];
}

export function measurementsOf(parts: RoomParts, truth: TruthMeter): Measurements {
  const { players, rooms } = parts.store.state;
  const reports = new Map(
    [...rooms.values()]
      .filter(({ live }) => live.state === 'playing')
      .flatMap((room) => truth.reports(room))
      .map((report) => [report.player_id, report]),
  );
  return {
    players: [...players.values()].map(
      ({ kept: { player_id, kind, room_id }, live: { link, sync_class } }) => {
        const report = reports.get(player_id);
        return { player_id, kind, link, room_id, sync_class, ...(report && { report }) };
      },
    ),
    rooms: [...rooms.values()].map(({ kept: { room_id }, live: { state } }) => ({ room_id, state })),
    corrections: truth.corrections(),
  };
}
