import { AppError } from '../base/index.js';
import type { Asking, MpdCommands } from './asking.js';
import { requireTag, TAGS, type Tag } from './tags.js';
import { ACK, parseUnsigned, Refusal } from './wire.js';

const LEAST_BINARY = 64;
const MOST_BINARY = 1024 * 1024;

/** The connection itself: who it is, where it stands, what it wants to be told. */
export const sessionCommands: MpdCommands = {
  ping: { min: 0, max: 0, access: 'anybody', handle: () => undefined },
  close: { min: 0, max: 0, access: 'anybody', handle: ({ client }) => void (client.over = true) },
  password: { min: 1, max: 1, access: 'anybody', handle: signIn },
  binarylimit: {
    min: 1,
    max: 1,
    access: 'anybody',
    handle(asking) {
      const bytes = parseUnsigned(asking.arg(0));
      if (bytes < LEAST_BINARY) throw new Refusal(ACK.argument, 'Value too small');
      asking.client.binaryLimit = Math.min(bytes, MOST_BINARY);
    },
  },
  tagtypes: { min: 0, max: -1, access: 'anybody', handle: tagTypes },
  listpartitions: {
    min: 0,
    max: 0,
    access: 'anybody',
    handle(asking) {
      for (const roomId of asking.house.parts.store.state.rooms.keys())
        if (asking.may('room', roomId)) asking.out.pair('partition', roomId);
    },
  },
  partition: { min: 1, max: 1, access: 'anybody', handle: enter },
  urlhandlers: {
    min: 0,
    max: 0,
    access: 'browse',
    handle({ out }) {
      for (const scheme of ['http://', 'https://']) out.pair('handler', scheme);
    },
  },
  /** Which player decodes what is the player's own business. */
  decoders: { min: 0, max: 0, access: 'browse', handle: () => undefined },
};

async function signIn(asking: Asking): Promise<void> {
  const { client, house } = asking;
  const { door } = house.parts;
  if (door.mode === 'open') return;
  try {
    client.identity = await door.identify(asking.arg(0), 'message', client.address);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    client.identity = undefined;
    const message = error.code === 'ERR_RATE_LIMITED' ? 'too many wrong passwords' : 'incorrect password';
    throw new Refusal(ACK.password, message);
  }
}

/** To another room, by its id or its name. */
function enter(asking: Asking): void {
  const wanted = asking.arg(0);
  const { rooms } = asking.house.parts.store.state;
  const named = [...rooms.values()].find(({ kept }) => kept.name.toLowerCase() === wanted.toLowerCase());
  const room = rooms.get(wanted) ?? named;
  if (!room || !asking.may('room', room.kept.room_id))
    throw new Refusal(ACK.not_found, 'partition does not exist');
  asking.client.roomId = room.kept.room_id;
}

function tagTypes({ args, client, out }: Asking): void {
  const [verb, ...names] = args;
  const named = (): Tag[] => {
    if (names.length === 0) throw new Refusal(ACK.argument, 'Not enough arguments');
    const wanted = names.map((name) => requireTag(name));
    return TAGS.filter((tag) => wanted.includes(tag));
  };
  switch (verb) {
    case undefined:
      for (const tag of TAGS) if (client.tags.has(tag)) out.pair('tagtype', tag);
      return;
    case 'all':
      for (const tag of TAGS) client.tags.add(tag);
      return;
    case 'clear':
      return client.tags.clear();
    case 'enable':
      for (const tag of named()) client.tags.add(tag);
      return;
    case 'disable':
      for (const tag of named()) client.tags.delete(tag);
      return;
    default:
      throw new Refusal(ACK.argument, 'Unknown sub command');
  }
}
