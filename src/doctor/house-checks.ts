import type { CheckSpec, Finding } from './finding.js';
import { openWall } from './firewall.js';
import { unmeasured } from './finding.js';
import {
  checkNear,
  checkReach,
  checkSync,
  checkWayBack,
  farPlayers,
  nobodyFar,
  type HouseEyes,
} from './house.js';
import { files } from './probes.js';
import { checkTrips } from './round-trips.js';

const SERVER_ONLY = 'only the server that runs knows; its page shows it under Settings > Checks';

/** What is looked at with the eyes of a running server; without one it says so. */
export function houseChecks(eyes: HouseEyes | undefined, httpPort: () => number): CheckSpec[] {
  const seen =
    (look: (eyes: HouseEyes, signal: AbortSignal) => Promise<Finding> | Finding) =>
    (signal: AbortSignal): Promise<Finding> | Finding =>
      eyes ? look(eyes, signal) : unmeasured(SERVER_ONLY);
  return [
    {
      id: 'players',
      title: 'Players are reached',
      part: 'network',
      why: 'A player that does not answer cannot be told to play.',
      run: seen(({ players }) => checkReach(players())),
    },
    {
      id: 'way-back',
      title: 'Players reach this server',
      part: 'network',
      why: 'Players fetch the music themselves; the way to them is not the way back.',
      run: seen((house, signal) => checkWayBack(house, httpPort(), openWall(files), signal)),
    },
    {
      id: 'round-trips',
      title: 'Round trips to players',
      part: 'network',
      ms: 7_000,
      why: 'Wi-Fi that sleeps to save power answers up to a third of a second late, and rooms drift apart.',
      run: seen(trips),
    },
    {
      id: 'networks',
      title: 'One network',
      part: 'network',
      why: 'Between networks (VLANs, guest Wi-Fi) players are not found and may not be allowed to fetch music.',
      run: seen((house, signal) => checkNear(house, signal)),
    },
    {
      id: 'sync',
      title: 'Clocks of players',
      part: 'time',
      why: 'Rooms play as one only as long as their clocks are known.',
      run: seen(({ players }) => checkSync(players())),
    },
  ];
}

async function trips(house: HouseEyes, signal: AbortSignal): Promise<Finding> {
  const players = house.players();
  const reached = farPlayers(players).filter(({ link, kind }) => link === 'online' && kind !== ONLY_ASKS);
  if (reached.length === 0) return nobodyFar(players, 'no player over the network answers questions');
  const series = reached.slice(0, MOST_PLAYERS).map(async ({ player_id, name }) => ({
    name,
    round_trips_ms: await house.roundTrips(player_id, signal),
  }));
  return checkTrips(await Promise.all(series));
}

const MOST_PLAYERS = 32;
/** A snapclient answers nothing: it asks for the time when it wants to. */
const ONLY_ASKS = 'snapcast';
