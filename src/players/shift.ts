import type { Fact, PlayerCommand } from './contract.js';

/**
 * A loudspeaker that is heard `latencyMs` later than its player believes is told to be everywhere that much earlier. The player knows
 * nothing of it; only its times are shifted, here on the way out and in `heardLater` on the way back.
 */
export function toldEarlier(command: PlayerCommand, latencyMs: number): PlayerCommand {
  if (latencyMs === 0) return command;
  const us = latencyMs * 1000;
  if (command.type === 'load' || command.type === 'seek')
    return command.at_us === undefined ? command : { ...command, at_us: command.at_us - us };
  if ((command.type === 'play' || command.type === 'follow') && command.cue)
    return { ...command, cue: { ...command.cue, at_us: command.cue.at_us - us } };
  return command;
}

/** Where the player believes to be, as it is heard: what it plays now comes out `latencyMs` later. */
export function heardLater(fact: Fact, latencyMs: number): Fact {
  if (latencyMs === 0 || fact.type !== 'playback' || fact.rate === 0) return fact;
  const position = fact.position_seconds - (fact.rate * latencyMs) / 1000;
  if (position >= 0) return { ...fact, position_seconds: position };
  return { ...fact, position_seconds: 0, at_us: fact.at_us - (position * 1e6) / fact.rate };
}
