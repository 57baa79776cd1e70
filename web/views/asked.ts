import { useEffect, useState } from 'preact/hooks';
import type { CommandInput, CommandReply, CommandType } from '../../src/protocol/commands.js';
import { doorOf } from '../state/door.js';
import { useStore } from '../state/store.js';
import { useLoaded } from './hooks.js';

/** What the server answers, asked anew with each round and after each new connection; the former answer stays until then. */
export function useAnswer<T extends CommandType>(
  type: T,
  data: CommandInput<T>,
  round: number,
): { value?: CommandReply<T>; failed: boolean } {
  const { client, house } = useStore();
  return useLoaded(() => client.send(type, data), [round, house.live.value]);
}

/** Counts on when something about people is different; an admin is told of what others do. */
export function usePeopleRounds(): [round: number, next: () => void] {
  const store = useStore();
  const [round, setRound] = useState(0);
  const next = (): void => setRound((now) => now + 1);
  const role = doorOf(store).you.value?.role;
  useEffect(() => {
    if (role !== 'admin') return;
    const { client } = store;
    client.subscribe(['people']).catch(() => undefined);
    const stop = client.onEvent((event) => {
      if (event.type === 'people:changed') next();
    });
    return () => {
      stop();
      client.unsubscribe(['people']);
    };
  }, [role]);
  return [round, next];
}

/** A part of the view of people: it asks the server anew with each round, and begins the next one when it has changed something. */
export interface PartProps {
  readonly round: number;
  readonly next: () => void;
}
