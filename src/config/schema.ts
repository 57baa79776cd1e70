import * as z from 'zod';
import { hardwareKeys } from './hardware.js';
import { limitKeys } from './limits.js';
import { pipelineKeys } from './pipeline.js';
import { List, Switch } from './values.js';

const Port = z.number().int().min(0).max(65535);

/** A player named in the config file; what is not `id`, `kind` or `name` is an option of its driver. */
export const PlayerConfig = z
  .object({
    id: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/)
      .optional(),
    kind: z.string().min(1),
    name: z.string().trim().min(1).max(128),
  })
  .catchall(z.union([z.string(), z.number(), z.boolean()]))
  .transform(({ id, kind, name, ...options }) => ({ id, kind, name, options }));

/** Every setting, its default, and what it is for. Each has an environment variable TUTTI_<KEY>, which wins over the file.
 * What is live, secret or not for the page says its `.meta()`. */
export const ConfigSchema = z.strictObject({
  port: Port.default(8080).describe('HTTP and WebSocket port; 0 = any free one').meta({ only_file: true }),
  host: z
    .string()
    .optional()
    .describe(
      'address to listen on; default 0.0.0.0, so that phones reach it, where people have to sign in, else 127.0.0.1, this machine alone',
    )
    .meta({ form: 'host', only_file: true, example: '0.0.0.0' }),
  auth: z
    .enum(['open', 'required'])
    .default('required')
    .describe('whether people have to sign in; open: everybody who reaches this server may do everything')
    .meta({ only_file: true }),
  data_dir: z
    .string()
    .optional()
    .describe('database, artwork and demo tracks; default ~/.local/share/tutti')
    .meta({ form: 'path', only_file: true, example: '/var/lib/tutti' }),
  music_dir: z
    .string()
    .optional()
    .describe('music folder; default ~/Music when it holds something, else demo tracks')
    .meta({ form: 'path', folder: true, example: '/srv/music' }),
  allowed_hosts: List.default([])
    .describe('further host names this server is reached by')
    .meta({ form: 'names', live: true, example: '[music.lan]' }),
  allowed_origins: List.default([])
    .describe('further web origins whose pages may connect')
    .meta({ live: true, example: '[https://home.example]' }),
  public_url: z
    .url({ protocol: /^https?$/ })
    .transform((text) => new URL(text).origin)
    .optional()
    .describe('where people reach this server when a reverse proxy stands before it: https://music.example')
    .meta({ form: 'origin', only_file: true, example: 'https://music.example' }),
  trusted_proxies: List.default([])
    .describe(
      'addresses and networks of reverse proxies whose X-Forwarded-For, -Proto and -Host are believed: 127.0.0.1, 10.0.0.0/8',
    )
    .meta({ only_file: true, example: '[127.0.0.1, 10.0.0.0/8]' }),
  tls_cert: z
    .string()
    .optional()
    .describe('certificate (PEM file) to serve https with, on the same port')
    .meta({ form: 'path', only_file: true, example: '/etc/tutti/cert.pem' }),
  tls_key: z
    .string()
    .optional()
    .describe('its key (PEM file)')
    .meta({ form: 'path', only_file: true, example: '/etc/tutti/key.pem' }),
  ...limitKeys,
  ...pipelineKeys,
  ...hardwareKeys,
  mdns: Switch.default(true).describe('find players on the network by mDNS'),
  local_output: Switch.default(true).describe('offer the sound outputs of this machine as a player'),
  snapcast: Switch.default(true).describe('be a Snapcast server, so that snapclients are players'),
  snapcast_host: z
    .string()
    .optional()
    .describe('address at which snapclients connect; default: that of `host`')
    .meta({ form: 'host', only_file: true, example: '0.0.0.0' }),
  snapcast_port: Port.default(1704).describe(
    'port at which snapclients connect; they try 1704 by themselves',
  ),
  snapcast_buffer_ms: z
    .number()
    .int()
    .min(100)
    .max(2000)
    .default(400)
    .describe('how much sound snapclients hold: what a network may falter without a gap'),
  snapcast_codec: z
    .enum(['pcm', 'flac'])
    .default('pcm')
    .describe('how sound goes to snapclients; flac takes half the network and more of the processor'),
  mpd_port: Port.default(6610).describe(
    'first port at which rooms answer as MPD servers, one port each; not 6600, which a real MPD on the same machine has; 0 = off',
  ),
  watch: Switch.default(true).describe('watch the music folder for changes'),
  bus: z
    .string()
    .optional()
    .describe(
      'Redis through which gateways reach this server: redis://user:password@host:port, rediss://… or the path of a unix socket; none: one process',
    )
    .meta({ only_file: true, secret: true, example: 'redis://127.0.0.1:6379' }),
  bus_name: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/)
    .default('tutti')
    .describe('which house on that Redis this is; server and gateways have the same')
    .meta({ only_file: true }),
  bus_secret: z
    .string()
    .min(16)
    .optional()
    .describe(
      'signs what goes over the bus, when others may use that Redis too; server and gateways have the same',
    )
    .meta({ only_file: true, secret: true, example: 'sixteen-characters-or-more' }),
  house_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('where gateways fetch media and pictures; default: the first address of this server')
    .meta({ only_file: true, example: 'http://192.168.1.10:8080' }),
  time_zone: z
    .string()
    .optional()
    .describe(
      'where the clocks of the house go by, for alarms, quiet hours and schedules; default: the time zone of this machine',
    )
    .meta({ live: true, example: 'Europe/Berlin' }),
  log_level: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('what is logged, as JSON lines on stderr')
    .meta({ live: true }),
  players: z
    .array(PlayerConfig)
    .default([])
    .describe('players by hand: kind, name, and the options of the driver')
    .meta({ live: true, only_file: true }),
});
export type FileConfig = z.infer<typeof ConfigSchema>;

/** What the program runs with: folders resolved. */
export interface Config extends Readonly<Omit<FileConfig, 'host' | 'data_dir' | 'music_dir'>> {
  readonly host: string;
  readonly data_dir: string;
  /** Undefined = there is no music folder, demo tracks are played. */
  readonly music_dir: string | undefined;
}
