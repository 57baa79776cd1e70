import * as z from 'zod';

/** What a setting may be set to from the page; lists are of texts. */
export const SettingValue = z.union([
  z.string().max(4096),
  z.number(),
  z.boolean(),
  z.array(z.string().max(1024)).max(100),
]);
export type SettingValue = z.infer<typeof SettingValue>;

/** One setting of the server, as who manages the house sees it. [ST1] */
export const Setting = z.object({
  key: z.string(),
  /** Heading it stands under; they come in the order of the list. */
  group: z.string(),
  /** How it is written: `players` and `other` are more than one value and are not set here. */
  kind: z.enum(['text', 'address', 'number', 'switch', 'choice', 'list', 'players', 'other']),
  description: z.string(),
  /** Of `choice`. */
  choices: z.array(z.string()),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  /** What it is when nobody sets it; absent: nothing, or as the description says. */
  fallback: SettingValue.optional(),
  /** What it is set to; absent: nothing. Of a secret and of players never. */
  value: SettingValue.optional(),
  /** Something is set that is not shown. */
  hidden: z.boolean(),
  /** Who set it; the first of them wins: environment, file, page, default. */
  from: z.enum(['environment', 'file', 'page', 'default']),
  /** The variable, or the line of the config file. */
  where: z.string().optional(),
  /** It may not be set here, because of `from`, or because it decides who gets in and what this server may touch. */
  locked: z.boolean(),
  /** A change counts at once; else from the next start. */
  live: z.boolean(),
  /** The server runs with another value than this and takes it with the next start. */
  waiting: z.boolean(),
});
export type Setting = z.infer<typeof Setting>;

/** Everything about the settings of the server. */
export const Settings = z.object({
  settings: z.array(Setting),
  /** The config file that is read, or would be if it were there. */
  file: z.string().optional(),
  file_used: z.boolean(),
  /** Why the config file that is there now was refused; the former one counts. */
  problems: z.array(z.string()),
  /** `settings:restart` works: this server can begin another life by itself. */
  restartable: z.boolean(),
  /** What is odd and does no harm. */
  notes: z.array(z.string()),
});
export type Settings = z.infer<typeof Settings>;
