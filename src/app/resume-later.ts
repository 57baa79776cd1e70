import type { Logger, WallClock } from '../base/index.js';
import type { RunCommand } from '../server/index.js';
import { goesOn, type Store } from '../state/index.js';
import type { Kept } from './open-state.js';

export interface ResumeLaterParts {
  readonly undecided: Kept['undecided'];
  readonly store: Store;
  readonly clock: WallClock;
  readonly log: Logger;
  readonly run: RunCommand;
}

/** Nobody waits longer for music to go on by itself. */
const LATEST_US = 5 * 60e6;
const caller = { connection_id: 'start', role: 'admin', name: 'Start' } as const;

/**
 * A machine without a battery for its clock does not know at its start how long it was off. As soon as it does, music goes on that was heard
 * just before, in rooms that nobody has touched since; after a longer time it stays paused. Gives what ends this.
 */
export function resumeLater({ undecided, store, clock, log, run }: ResumeLaterParts): () => void {
  if (!undecided) return () => undefined;
  const { wall_ms, room_ids, startedUs } = undecided;
  const left = new Map(room_ids.map((id) => [id, store.state.rooms.get(id)?.kept]));
  const decide = (): void => {
    if (!clock.trusted()) return;
    end();
    const sinceUs = clock.nowUs() - startedUs;
    const awayMs = clock.wallMs() - sinceUs / 1000 - wall_ms;
    log.info({ away_ms: Math.round(awayMs), room_ids }, 'it is known how long the machine was off');
    if (!goesOn(awayMs, false) || sinceUs > LATEST_US) return;
    for (const [room_id, before] of left) {
      const now = store.state.rooms.get(room_id)?.kept;
      const same = now?.intent === 'paused' && now.item_id === before?.item_id;
      if (same) void play(room_id);
    }
  };
  const play = async (room_id: string): Promise<void> => {
    const answer = await run('room:play', { room_id }, caller);
    if (!answer.ok) log.warn({ room_id, error: answer.error.message }, 'music did not go on');
  };
  const end = clock.onTurn(decide);
  decide();
  return end;
}
