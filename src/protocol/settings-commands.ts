import * as z from 'zod';
import { Nothing, type CommandSpec } from './command-spec.js';
import { Setting, Settings, SettingValue } from './settings.js';

const key = { key: z.string().regex(/^[a-z0-9_]{1,64}$/) };

export const settingsCommands = {
  'settings:list': {
    request: z.strictObject({}),
    reply: Settings,
    access: 'manage',
    http: 'GET /settings',
    summary: 'Every setting of the server, what it is, who set it and when a change counts',
  },
  'settings:set': {
    cost: 1,
    request: z.strictObject({ ...key, value: SettingValue }),
    reply: z.object({ setting: Setting }),
    access: 'manage',
    http: 'PUT /settings/{key}',
    summary: 'Set one that neither the environment nor the config file sets',
  },
  'settings:reset': {
    cost: 1,
    request: z.strictObject(key),
    reply: z.object({ setting: Setting }),
    access: 'manage',
    http: 'DELETE /settings/{key}',
    summary: 'Forget what was set here: it is as by default again',
  },
  'settings:restart': {
    cost: 10,
    request: z.strictObject({}),
    reply: Nothing,
    access: 'manage',
    http: 'POST /settings/restart',
    summary:
      'Start the server anew, so that what waits for that counts; what players play goes on where it can',
  },
} as const satisfies Record<string, CommandSpec>;
