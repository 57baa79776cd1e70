import { expect, it } from 'vitest';
import * as z from 'zod';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { silentLogger } from '../base/index.js';
import { emptyState, Store } from '../state/index.js';
import { defineDriver, Players } from './index.js';

/** A house with one stored player, whose driver takes a host and nothing else. */
function house(options: Readonly<Record<string, string | number>>) {
  const keeper = { weigh: () => undefined, keep: () => undefined };
  const store = new Store({ state: emptyState('1'), epoch: 'e', keeper });
  const player = {
    player_id: 'old',
    kind: 'box',
    name: 'Old',
    options,
    origin: 'added',
    room_id: 'old',
    address: '',
    memory: null,
    home_room_id: 'old',
    latency_ms: 0,
    volume_limit: 1,
  } as const;
  store.commit({ type: 'player/known', player, room_name: 'Old', sync_class: 'loose', capabilities: [] });
  const driver = defineDriver({
    kind: 'box',
    label: 'Box',
    options: z.strictObject({ host: z.string() }),
    capabilities: [],
    syncClass: 'loose',
    codecs: 'all',
    address: ({ host }) => host,
    connect: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1:1')),
  });
  const players = new Players({
    drivers: [driver],
    store,
    clock: new ManualClock(),
    log: silentLogger,
    random: () => 0.5,
    httpPort: () => 1,
    runtimeDir: '/nowhere',
  });
  return { players, live: () => store.state.players.get('old')?.live };
}

it('keeps a stored player away whose options its driver does not take any more, and starts', async () => {
  const { players, live } = house({ host: 'a', gone: 1 });
  await players.start([], false);
  expect(live()).toMatchObject({
    link: 'offline',
    problem: 'a box player has no option gone: remove it and add it anew',
  });
  await players.close();
});

it.each([
  [{ host: 'a:6600' }, 'The address has a port in it. Write a here, and 6600 as port.'],
  [{}, 'a box player needs the option host'],
  [{ host: 5 }, 'the option host of a box player is no text. Put it into quotes.'],
  [{ host: 'a', prot: 1 }, 'a box player has no option prot'],
])('says what is wrong with a player that is added by hand: %j', async (options, said) => {
  const { players } = house({ host: 'a' });
  const add = { kind: 'box', name: 'New', options: options as Record<string, string> };
  await expect(
    players.handlers['player:add'](add, { connection_id: 'c', role: 'admin' }),
  ).rejects.toMatchObject({ code: 'ERR_INVALID', message: said });
});
