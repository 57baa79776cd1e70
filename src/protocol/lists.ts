import * as z from 'zod';
import { Input } from './inputs.js';
import { Alarm, Sleep } from './alarm.js';
import { Check } from './doctor.js';
import { Candidate } from './pipeline/candidate.js';
import { Download } from './pipeline/download.js';
import { Export, Schedule, Target } from './pipeline/upkeep.js';

const items = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

/** Topics that are lists of things with an id, the newest first. */
export const LIST_TOPICS = {
  downloads: items(Download),
  imports: items(Candidate),
  exports: items(Export),
  schedules: items(Schedule),
  targets: items(Target),
  inputs: items(Input),
  checks: items(Check),
  alarms: items(Alarm),
  sleeps: items(Sleep),
} as const;
export type ListName = keyof typeof LIST_TOPICS;
export type ListItem<L extends ListName> = z.output<(typeof LIST_TOPICS)[L]>['items'][number];

/** What the things of a list are called in events, and the field that has their id. */
export const LIST_NOUNS = {
  downloads: 'download',
  imports: 'candidate',
  exports: 'export',
  schedules: 'schedule',
  targets: 'target',
  inputs: 'input',
  checks: 'check',
  alarms: 'alarm',
  sleeps: 'sleep',
} as const satisfies Record<ListName, string>;

export const isListName = (name: string): name is ListName => Object.hasOwn(LIST_NOUNS, name);
