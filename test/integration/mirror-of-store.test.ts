import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEvent, applySnapshot, EMPTY_MIRROR, type Mirror } from '../../src/client/mirror.js';
import type { TopicEvent } from '../../src/protocol/index.js';
import { waitingRule } from '../../src/server/hub/waiting-rule.js';
import { emptyState, Store } from '../../src/state/index.js';
import { changeOf, known, ROOMS, type Dice } from '../fakes/store-dice.js';

/** Events as they leave on a slow line: of those that replace each other only the newest, where it came. */
function coalesced(events: readonly TopicEvent[]): TopicEvent[] {
  const waiting = new Map<string, TopicEvent>();
  for (const [index, event] of events.entries()) {
    const rule = waitingRule(event);
    const key = rule.kind === 'latest' ? rule.key : `${index}`;
    waiting.delete(key);
    waiting.set(key, event);
  }
  return [...waiting.values()];
}

function fresh(store: Store): Mirror {
  return [
    'rooms',
    'players',
    'library',
    'system',
    ...ROOMS.flatMap((room) => [`room/${room}`, `party/${room}`]),
  ].reduce((mirror, topic) => {
    const snapshot = store.snapshot(topic);
    return snapshot
      ? applySnapshot(mirror, topic, snapshot.revision, JSON.parse(JSON.stringify(snapshot.data)))
      : mirror;
  }, EMPTY_MIRROR);
}

/** What a client has after these dice, when it is written to after every so many changes, and what one that comes later gets. */
function afterDice(dice: readonly Dice[], every: number): [Mirror, Mirror] {
  const store = new Store({
    state: emptyState('1'),
    epoch: 'e',
    keeper: { weigh: () => undefined, keep: () => undefined },
  });
  for (const room of ROOMS) store.commit(known(room));
  let mirror = fresh(store);
  let waiting: TopicEvent[] = [];
  store.subscribe((events) => void waiting.push(...events));
  const write = (): void => {
    for (const event of coalesced(waiting))
      mirror = applyEvent(mirror, JSON.parse(JSON.stringify(event)) as TopicEvent);
    waiting = [];
  };
  for (const [index, each] of dice.entries()) {
    const change = changeOf(each, store);
    if (change.type === 'player/known' && store.state.players.has(change.player.player_id)) continue;
    const topics = store.state.rooms.size;
    store.commit(change);
    if (index % every === 0) write();
    // A room that goes or comes back is a topic that a client subscribes to again.
    if (change.type !== 'player/known' && store.state.rooms.size === topics) continue;
    waiting = [];
    mirror = fresh(store);
  }
  write();
  return [mirror, fresh(store)];
}

describe('the mirror of a client', () => {
  const die = fc.integer({ min: 0, max: 50 });
  const dice = fc.array(fc.tuple(die, die, die, die), { maxLength: 60 });

  for (const [line, every] of [
    ['a quick line', 1],
    ['a slow line, where news replaces older news', 7],
  ] as const)
    it(`is after any changes of the store what a client that comes later gets, on ${line}`, () => {
      fc.assert(
        fc.property(dice, (thrown) => {
          const [mirror, later] = afterDice(thrown, every);
          const { revisions: _mirrored, progress: _progress, ...shown } = mirror;
          const { revisions: _told, progress: _none, ...expected } = later;
          expect(shown).toEqual(expected);
        }),
        { numRuns: 300 },
      );
    });
});
