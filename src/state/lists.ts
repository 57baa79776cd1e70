import {
  candidateTopic,
  LIST_NOUNS,
  type Candidate,
  type ListItem,
  type ListName,
} from '../protocol/index.js';
import type { Draft } from './draft.js';

/** Lists of things with an id, by name, in the order they were made. */
export type Lists = { readonly [L in ListName]: ReadonlyMap<string, ListItem<L>> };

export type ListChange =
  /** Things that are new or went on; and at the start, those that are kept. */
  | {
      [L in ListName]: {
        readonly type: 'list/changed';
        readonly list: L;
        readonly items: readonly ListItem<L>[];
      };
    }[ListName]
  | { readonly type: 'list/removed'; readonly list: ListName; readonly ids: readonly string[] };

export const NO_LISTS: Lists = {
  downloads: new Map(),
  imports: new Map(),
  exports: new Map(),
  schedules: new Map(),
  targets: new Map(),
  inputs: new Map(),
  checks: new Map(),
  alarms: new Map(),
  sleeps: new Map(),
};

const NAMES = Object.keys(LIST_NOUNS) as ListName[];

const IDS: { readonly [L in ListName]: (item: ListItem<L>) => string } = {
  downloads: (item) => item.download_id,
  imports: (item) => item.candidate_id,
  exports: (item) => item.export_id,
  schedules: (item) => item.schedule_id,
  targets: (item) => item.target_id,
  inputs: (item) => item.input_id,
  checks: (item) => item.check_id,
  alarms: (item) => item.alarm_id,
  sleeps: (item) => item.sleep_id,
};

export function reduceLists(lists: Lists, change: ListChange): Lists {
  const items = new Map<string, unknown>(lists[change.list]);
  if (change.type === 'list/removed') for (const id of change.ids) items.delete(id);
  else {
    const idOf = IDS[change.list] as (item: unknown) => string;
    for (const item of change.items) items.set(idOf(item), item);
  }
  return { ...lists, [change.list]: items };
}

export function newestFirst<L extends ListName>(lists: Lists, name: L): ListItem<L>[] {
  return [...lists[name].values()].reverse();
}

/** Topics of the lists, and `candidate/<id>`. [PL1] */
export function listEvents(before: Lists, after: Lists, events: Draft[]): void {
  for (const name of NAMES) if (before[name] !== after[name]) changesOf(name, before, after, events);
}

function changesOf(name: ListName, before: Lists, after: Lists, events: Draft[]): void {
  const noun = LIST_NOUNS[name];
  for (const [id, item] of after[name]) {
    const old = before[name].get(id);
    if (old === item) continue;
    events.push({ type: `${noun}:updated`, topic: name, data: item } as Draft);
    if (name === 'imports') candidateEvents(item as Candidate, old === undefined, events);
  }
  for (const id of before[name].keys()) {
    if (after[name].has(id)) continue;
    events.push({ type: `${noun}:removed`, topic: name, data: { [`${noun}_id`]: id } } as Draft);
    if (name !== 'imports') continue;
    const data = { candidate_id: id };
    events.push(
      { type: 'candidate:removed', topic: candidateTopic(id), data },
      { type: 'candidate:deleted', topic: 'imports', data },
    );
  }
}

function candidateEvents(data: Candidate, created: boolean, events: Draft[]): void {
  if (created) events.push({ type: 'candidate:created', topic: 'imports', data });
  events.push({ type: 'candidate:updated', topic: candidateTopic(data.candidate_id), data });
}
