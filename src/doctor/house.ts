import type { Player, SyncReport } from '../protocol/index.js';
import { notice, ok, pause, problem, unmeasured, warning, type Finding } from './finding.js';
import type { OpenWall } from './firewall.js';
import { isNear, type Network } from './networks.js';

/** A player as the running server knows it. */
export interface SeenPlayer {
  readonly player_id: string;
  readonly kind: string;
  readonly name: string;
  /** Host and port, socket or sound card. */
  readonly address: string;
  readonly link: Player['link'];
  readonly problem?: string | undefined;
  /** It is told to play a track of ours, or could not. */
  readonly loaded: boolean;
  readonly report?: SyncReport | undefined;
  /** How often it was brought back to its room since the server started. */
  readonly corrections: number;
  /** Of the track that plays, when it is a file of the library. */
  readonly sample_rate_hz?: number | undefined;
}

/** What only a running server knows. */
export interface HouseEyes {
  players(this: void): readonly SeenPlayer[];
  /** Over the link that is there, ms each; those that failed are left out. */
  roundTrips(this: void, playerId: string, signal: AbortSignal): Promise<readonly number[]>;
  /** Addresses that have fetched music or pictures from us since the server started. */
  fetched(this: void): ReadonlySet<string>;
  /** The address of a host name, as this machine knows it. */
  addressOf(this: void, host: string, signal: AbortSignal): Promise<string | undefined>;
  networks(this: void): readonly Network[];
}

/** The host of `192.168.1.5:6600` and `[fe80::1]:6600`; undefined for what is no network address. */
export function hostOf(address: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:/\s]+)):\d{1,5}$/.exec(address) ?? [];
  return bracketed ?? plain;
}

const isLoop = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

/** Players behind a network, each with its host. */
export function farPlayers(players: readonly SeenPlayer[]): (SeenPlayer & { readonly host: string })[] {
  return players.flatMap((player) => {
    const host = hostOf(player.address);
    return host === undefined || isLoop(host) ? [] : [{ ...player, host }];
  });
}

const names = (players: readonly { readonly name: string }[]): string =>
  players.map(({ name }) => name).join(', ');

/** From here to the players. */
export function checkReach(players: readonly SeenPlayer[]): Finding {
  if (players.length === 0) return notice('there are no players yet', 'Settings > Add a player');
  const away = players.filter(({ link }) => link !== 'online');
  const figures = [
    { name: 'players', value: players.length },
    { name: 'connected', value: players.length - away.length },
  ];
  const [first] = away;
  if (!first)
    return ok(
      players.length === 1 ? 'the player is connected' : `all ${players.length} players are connected`,
      figures,
    );
  return warning(
    `${names(away)} cannot be reached${first.problem === undefined ? '' : ` (${first.problem.slice(0, 120)})`}`,
    wayTo(first),
    figures,
  );
}

/** What to look at, by how far it was reached. */
function wayTo({ address, name, problem: said = '' }: SeenPlayer): string {
  const host = hostOf(address);
  const port = address.split(':').at(-1) ?? '';
  if (host === undefined) return `Is ${name} switched on and plugged in? ${address}`;
  const tryIt = `timeout 3 bash -c '</dev/tcp/${host}/${port}' && echo open`;
  if (/ENOTFOUND|EAI_AGAIN/.test(said))
    return `getent hosts ${host}   If it finds nothing, give the address of ${name} instead of its name`;
  if (/ECONNREFUSED/.test(said))
    return `${tryIt}   If it is refused, ${host} is on, but nothing listens there: start the player, or correct the port`;
  return `ping -c 3 ${host}   If nothing comes back ${name} is off, or has another address; else: ${tryIt}`;
}

/** Without players over the network all is well; with players that are away nobody knows. */
export function nobodyFar(players: readonly SeenPlayer[], none: string): Finding {
  return farPlayers(players).some(({ link }) => link !== 'online')
    ? unmeasured('the players over the network are not connected')
    : ok(none);
}

/** From the players to here: whoever fetches music from us has found the way. */
export async function checkWayBack(
  eyes: HouseEyes,
  httpPort: number,
  open: OpenWall,
  signal: AbortSignal,
  patienceMs = PATIENCE_MS,
): Promise<Finding> {
  const far = farPlayers(eyes.players()).filter(({ link, kind }) => link === 'online' && FETCHES.has(kind));
  if (far.length === 0) return nobodyFar(eyes.players(), 'no player fetches music over a network');
  // Who was told to play a moment ago is about to come.
  const cameFrom = (): boolean => far.every(({ loaded, host }) => !loaded || eyes.fetched().has(host));
  for (let waited = 0; waited < patienceMs && !cameFrom(); waited += LOOK_EVERY_MS)
    await pause(LOOK_EVERY_MS, signal);
  const fetched = eyes.fetched();
  const known = await Promise.all(
    far.map(async (player) => {
      const address = (await eyes.addressOf(player.host, signal)) ?? player.host;
      return { ...player, at: address, came: fetched.has(address) || fetched.has(player.host) };
    }),
  );
  const came = known.filter((player) => player.came);
  const lost = known.filter((player) => !player.came && player.loaded);
  const figures = [
    { name: 'players that fetch', value: far.length },
    { name: 'fetched from here', value: came.length },
  ];
  if (lost.length > 0)
    return problem(
      `${names(lost)} ${lost.length === 1 ? 'was' : 'were'} told to play, and never fetched anything from here: a firewall, or another network`,
      lost.every(({ at }) => isNear(at, eyes.networks()))
        ? await open({ proto: 'tcp', port: httpPort, way: 'in' })
        : `${await open({ proto: 'tcp', port: httpPort, way: 'in' })}   and on the router: let the player's network reach this machine, port ${httpPort}`,
      figures,
    );
  if (came.length < known.length)
    return {
      ...unmeasured(
        `${names(known.filter((player) => !player.came))} ${known.length - came.length === 1 ? 'has' : 'have'} fetched nothing since the server started: play something there and run it again`,
      ),
      figures,
    };
  return ok('every player has fetched music from here', figures);
}

const PATIENCE_MS = 2_500;
const LOOK_EVERY_MS = 250;

/** Kinds that get an address of ours and fetch it themselves; the others are sent samples. */
const FETCHES: ReadonlySet<string> = new Set(['mpd', 'chromecast', 'satellite']);

/** Players behind a router: music may go there, announcements usually do not. */
export async function checkNear(eyes: HouseEyes, signal: AbortSignal): Promise<Finding> {
  const far = farPlayers(eyes.players());
  if (far.length === 0) return ok('no player is reached over a network');
  const networks = eyes.networks();
  if (networks.length === 0) return unmeasured('this machine is on no network');
  const placed = await Promise.all(
    far.map(async (player) => ({ ...player, at: await eyes.addressOf(player.host, signal) })),
  );
  const away = placed.filter(({ at }) => at !== undefined && !isNear(at, networks));
  const lost = placed.filter(({ at }) => at === undefined);
  const figures = [
    { name: 'players over the network', value: far.length },
    { name: 'in another network', value: away.length },
  ];
  if (lost.length > 0)
    return warning(
      `nobody knows the name ${lost.map(({ host }) => host).join(', ')}`,
      `getent hosts ${lost[0]!.host}   or give the player's address instead of its name`,
      figures,
    );
  if (away.length > 0)
    return notice(
      `${names(away)} ${away.length === 1 ? 'is' : 'are'} in another network (VLAN) than this machine: not found ${away.length === 1 ? 'by itself' : 'by themselves'}, and sync is looser`,
      `On the router: allow ${away[0]!.at} to reach this machine and back; keep the player in tutti.yaml by its address`,
      figures,
    );
  return ok('all players are in a network of this machine', figures);
}

const DRIFT_PPM = 300;

/** How well the clocks of players are known, for rooms that play now. */
export function checkSync(players: readonly SeenPlayer[]): Finding {
  const reports = players.flatMap(({ name, report }) => (report ? [{ name, report }] : []));
  const figures = reports.flatMap(({ name, report: { skew_ms, drift_ppm } }) => [
    ...(skew_ms
      ? [{ name: `${name} off by (p95)`, value: Math.round(skew_ms.p95 * 10) / 10, unit: 'ms' }]
      : []),
    ...(drift_ppm === undefined
      ? []
      : [{ name: `${name} clock`, value: Math.round(drift_ppm), unit: 'ppm' }]),
  ]);
  if (reports.length === 0) return unmeasured('no room with measured players plays now');
  const lost = reports.filter(({ report }) => report.state === 'lost');
  if (lost.length > 0)
    return warning(
      `${names(lost)} ${lost.length === 1 ? 'does' : 'do'} not keep up with the room`,
      'Look at the round trips above; then Rooms > Sync shows why',
      figures,
    );
  const fast = reports.filter(({ report }) => Math.abs(report.drift_ppm ?? 0) > DRIFT_PPM);
  if (fast.length > 0)
    return notice(
      `the clock of ${names(fast)} runs by more than ${DRIFT_PPM} ppm differently: it can be followed, but says that its sound card is not good`,
      undefined,
      figures,
    );
  return ok('players keep to their rooms', figures);
}
