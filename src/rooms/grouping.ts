import { AppError, randomId, slug } from '../base/index.js';
import type { Handlers, Outcome } from '../protocol/index.js';
import type { PlayerRecord, RoomRecord } from '../state/index.js';
import type { Company } from './company.js';
import { roomOf, type RoomParts } from './parts.js';
import { silence } from './tell.js';
import type { Turns } from './turns.js';

type GroupingCommand = `room:${'group' | 'ungroup' | 'remove'}`;

/** Players change rooms: every player is in exactly one, before and after, and what others hear goes on without a gap. */
export function groupingHandlers(
  parts: RoomParts,
  company: Company,
  turns: Turns,
): Handlers<GroupingCommand> {
  return {
    'room:group': async ({ room_id, player_ids }) => ({
      outcomes: await group(parts, company, turns, room_id, player_ids),
    }),
    'room:ungroup': async ({ room_id, player_ids }) => ({
      outcomes: await ungroup(parts, company, turns, room_id, player_ids),
    }),
    'room:remove': async ({ room_id }) => {
      await turns.take(roomOf(parts, room_id), async () => {
        if (roomOf(parts, room_id).kept.player_ids.length > 0)
          throw new AppError('ERR_CONFLICT', 'there are players in this room');
        parts.store.commit({ type: 'room/removed', room_id });
        await parts.store.durable();
      });
      return {};
    },
  };
}

function playerOf(parts: RoomParts, playerId: string): PlayerRecord {
  const player = parts.store.state.players.get(playerId);
  if (!player)
    throw new AppError('ERR_PLAYER_NOT_FOUND', 'no player has this id', { params: { player_id: playerId } });
  return player;
}

async function group(
  parts: RoomParts,
  company: Company,
  turns: Turns,
  roomId: string,
  playerIds: readonly string[],
): Promise<Outcome[]> {
  const ids = [...new Set(playerIds)];
  const touched = (): string[] => {
    roomOf(parts, roomId);
    return [roomId, ...ids.map((id) => playerOf(parts, id).kept.room_id)];
  };
  const moved = await turns.takeTouched(touched, async () => {
    const joining = ids.map((id) => playerOf(parts, id)).filter(({ kept }) => kept.room_id !== roomId);
    await moveAll(parts, company, joining, () => ({ roomId, name: roomId }));
    return new Set(joining.map(({ kept }) => kept.player_id));
  });
  await parts.store.durable();
  return Promise.all(
    ids.map(async (player_id): Promise<Outcome> => {
      if (moved.has(player_id)) return company.arrivals.of(roomId, player_id);
      return Promise.resolve({ player_id, outcome: 'ignored', reason: 'it is in this room already' });
    }),
  );
}

interface Destination {
  readonly roomId: string;
  readonly name: string;
  readonly home?: boolean;
}

/** Silences players and puts them elsewhere; rooms on both sides put their music right. */
async function moveAll(
  parts: RoomParts,
  company: Company,
  players: readonly PlayerRecord[],
  to: (player: PlayerRecord) => Destination,
): Promise<void> {
  const touched = new Set<string>();
  await Promise.all(players.map((player) => silence(parts, player)));
  for (const { kept } of players) {
    const player = parts.store.state.players.get(kept.player_id);
    if (!player) continue;
    const { roomId, name, home } = to(player);
    touched.add(player.kept.room_id).add(roomId);
    parts.store.commit({
      type: 'player/moved',
      player_id: kept.player_id,
      room_id: roomId,
      room_name: name,
      ...(home && { home }),
      at_us: parts.clock.nowUs(),
    });
  }
  await Promise.all([...touched].map((roomId) => company.regroup(roomId)));
}

async function ungroup(
  parts: RoomParts,
  company: Company,
  turns: Turns,
  roomId: string,
  playerIds: readonly string[],
): Promise<Outcome[]> {
  const ids = [...new Set(playerIds)];
  for (const id of ids) playerOf(parts, id);
  const touched = (): string[] => [
    roomOf(parts, roomId).kept.room_id,
    ...ids.map((id) => playerOf(parts, id).kept.home_room_id),
  ];
  const outcomes = await turns.takeTouched(touched, async () => {
    const answers = new Map<string, Outcome>();
    const leaving = leavers(
      roomOf(parts, roomId),
      ids.map((id) => playerOf(parts, id)),
      answers,
    );
    await moveAll(parts, company, leaving, (player) => ownRoom(parts, player));
    for (const { kept } of leaving)
      answers.set(kept.player_id, { player_id: kept.player_id, outcome: 'applied' });
    return ids.flatMap((id) => answers.get(id) ?? []);
  });
  await parts.store.durable();
  return outcomes;
}

/** Who of the named ones really goes: those whose own room this is stay when everybody else leaves it. */
function leavers(
  room: RoomRecord,
  named: readonly PlayerRecord[],
  answers: Map<string, Outcome>,
): PlayerRecord[] {
  const here = named.filter(({ kept }) => kept.room_id === room.kept.room_id);
  const ignore = ({ kept: { player_id } }: PlayerRecord, reason: string): void =>
    void answers.set(player_id, { player_id, outcome: 'ignored', reason });
  for (const player of named) if (!here.includes(player)) ignore(player, 'it is not in this room');
  const owners = here.filter(({ kept }) => kept.home_room_id === room.kept.room_id);
  const stays = here.length === room.kept.player_ids.length ? owners[0] : undefined;
  if (stays) ignore(stays, 'the room is its own');
  return here
    .filter((player) => player !== stays)
    .sort((one, other) => owners.indexOf(one) - owners.indexOf(other));
}

/** Its home, or when others live there by now, a new one with its name. */
function ownRoom(parts: RoomParts, { kept }: PlayerRecord): Destination {
  const { rooms } = parts.store.state;
  const home = rooms.get(kept.home_room_id);
  const free = kept.home_room_id !== kept.room_id && (home?.kept.player_ids.length ?? 0) === 0;
  if (free) return { roomId: kept.home_room_id, name: kept.name };
  const taken = new Set([...rooms.values()].map((room) => room.kept.name));
  let name = kept.name;
  for (let n = 2; taken.has(name); n++) name = `${kept.name} ${n}`;
  return { roomId: `${slug(kept.name)}-${randomId(4)}`, name, home: true };
}
