import { useEffect, useRef, useState } from 'preact/hooks';
import type { Download } from '../../src/protocol/pipeline/download.js';
import type { ListItem, ListName } from '../../src/protocol/lists.js';
import { doorOf, isAdmin } from '../state/door.js';
import { pulseOf, type Pulse } from '../state/download-words.js';
import { type Store, useStore } from '../state/store.js';

/** How many views follow a list, by client: it is let go with the last of them. */
const followers = new WeakMap<Store, Map<string, number>>();

/** A list of the pipeline, the newest first, while the view is there; undefined until it is known. */
export function useList<L extends ListName>(name: L, wanted = true): readonly ListItem<L>[] | undefined {
  const store = useStore();
  useEffect(() => {
    if (!wanted) return;
    const counts = followers.get(store) ?? new Map<string, number>();
    followers.set(store, counts);
    const { client } = store;
    const add = (by: number): number => {
      const now = (counts.get(name) ?? 0) + by;
      counts.set(name, now);
      return now;
    };
    if (add(1) === 1) client.subscribe([name]).catch(() => undefined);
    return () => {
      if (add(-1) === 0) client.unsubscribe([name]);
    };
  }, [name, wanted, store]);
  return store.house.lists.value[name];
}

/** Something of a person, as far as lists say whose it is. */
interface Owned {
  readonly user_id?: string | undefined;
  readonly username?: string | undefined;
}

/** Whether the person at this phone asked for something, or manages the house: others cannot end it. [JB2] [DL1] */
export function mayEnd(store: Store, { user_id, username }: Owned): boolean {
  const you = doorOf(store).you.value;
  if (isAdmin(store)) return true;
  return you !== undefined && (user_id === undefined ? username === you.name : user_id === you.subject_id);
}

/** The time, again and again while something is shown that depends on it. */
export function useNow(everyMs: number, wanted = true): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!wanted) return;
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, wanted]);
  return now;
}

/** What was last heard of each download, from the list and from what is told in between. */
export function usePulses(downloads: readonly Download[] | undefined): (download: Download) => Pulse {
  const { client } = useStore();
  const pulses = useRef(new Map<string, { readonly of: Download | undefined; readonly pulse: Pulse }>());
  const [, draw] = useState(0);
  useEffect(
    () =>
      client.onEvent((event) => {
        if (event.type !== 'download:progress') return;
        const { id, progress, speed, eta } = event.data;
        const of = pulses.current.get(id)?.of;
        pulses.current.set(id, { of, pulse: { progress, speed, eta, heard_ms: Date.now() } });
        draw((n) => n + 1);
      }),
    [client],
  );
  useEffect(() => {
    const ids = new Set(downloads?.map(({ download_id }) => download_id));
    for (const id of pulses.current.keys()) if (!ids.has(id)) pulses.current.delete(id);
  }, [downloads]);
  return (download) => {
    const known = pulses.current.get(download.download_id);
    if (known?.of === download) return known.pulse;
    // The list says something new, or for the first time.
    const told = pulseOf(download, Date.now());
    const pulse =
      known && known.of === undefined && known.pulse.progress > told.progress ? known.pulse : told;
    pulses.current.set(download.download_id, { of: download, pulse });
    return pulse;
  };
}
