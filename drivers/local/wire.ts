import * as z from 'zod';
import { AppError } from '../../src/base/index.js';

/** What may be read, and what it looks like when it is there. */
export const PROPERTIES = {
  'mpv-version': z.string(),
  pid: z.int().positive(),
  'idle-active': z.boolean(),
  'playlist-count': z.int(),
  pause: z.boolean(),
  'paused-for-cache': z.boolean(),
  seeking: z.boolean(),
  'audio-pts': z.number(),
  'time-pos': z.number(),
  duration: z.number(),
  'script-opts': z.record(z.string(), z.string()),
  'metadata/by-key/icy-title': z.string(),
  volume: z.number(),
  mute: z.boolean(),
  speed: z.number(),
  'current-ao': z.string(),
  'audio-device': z.string(),
  'audio-device-list': z.array(z.object({ name: z.string(), description: z.string() })),
} as const;

export type PropertyName = keyof typeof PROPERTIES;
export type PropertyValue<Name extends PropertyName> = z.infer<(typeof PROPERTIES)[Name]>;

const Property = z.enum(Object.keys(PROPERTIES) as [PropertyName, ...PropertyName[]]);
const NoControl = z
  .string()
  .max(1024)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u);

/** An absolute path or an http(s) URL. C strings end at NUL, and a lone surrogate has no bytes. */
const Location = z
  .string()
  .max(8192)
  .regex(/^(\/[^\0\p{Cs}]*|https?:\/\/[^\s\p{Cc}\p{Cs}]+)$/u);

export function isLocation(text: string): boolean {
  return Location.safeParse(text).success;
}

/** Options of one playlist entry. `script-opts` has no reader in mpv: it carries our mark. */
const EntryOptions = z.strictObject({
  'script-opts': z.string().regex(/^tutti-ref=[A-Za-z0-9_-]{1,400}(,tutti-live=yes)?$/),
  'force-media-title': NoControl,
  start: z
    .string()
    .regex(/^\d{1,8}(\.\d{1,6})?$/)
    .optional(),
});
export type EntryOptions = z.infer<typeof EntryOptions>;

/** `append-play` begins at once where nothing plays: the entry before may have failed already. */
const Placing = z.enum(['replace', 'append', 'append-play']);
export type Placing = z.infer<typeof Placing>;

/** Everything that can ever be written to mpv. */
const Command = z.union([
  z.tuple([z.literal('get_property'), Property]),
  z.tuple([z.literal('observe_property'), z.int().positive(), Property]),
  z.tuple([z.literal('set_property'), z.enum(['pause', 'mute']), z.boolean()]),
  z.tuple([z.literal('set_property'), z.literal('volume'), z.number().min(0).max(100)]),
  z.tuple([z.literal('set_property'), z.literal('speed'), z.number().min(0.995).max(1.005)]),
  z.tuple([z.literal('set_property'), z.literal('pulse-buffer'), z.int().min(1).max(2000)]),
  z.tuple([z.literal('set_property'), z.literal('pulse-latency-hacks'), z.literal(true)]),
  z.tuple([z.literal('set_property'), z.literal('audio-device'), NoControl.min(1).max(256)]),
  z.tuple([z.literal('loadfile'), Location, Placing, EntryOptions]),
  z.tuple([z.literal('loadfile'), Location, Placing, z.literal(-1), EntryOptions]),
  z.tuple([z.literal('seek'), z.number().min(0), z.literal('absolute+exact')]),
  z.tuple([z.literal('playlist-clear')]),
  z.tuple([z.literal('stop')]),
  z.tuple([z.literal('quit')]),
]);
export type Command = z.infer<typeof Command>;

/** One line for the socket. Throws ERR_INVALID for whatever is not in the list above, wherever its types came from. */
export function encodeCommand(requestId: number, command: Command): string {
  const checked = Command.safeParse(command);
  if (!checked.success) {
    throw new AppError('ERR_INVALID', 'this cannot be said to mpv', { cause: checked.error });
  }
  return `${JSON.stringify({ command: checked.data, request_id: requestId })}\n`;
}

const Reply = z.object({ request_id: z.int(), error: z.string(), data: z.unknown().optional() });
export type Reply = z.infer<typeof Reply>;

export const LoadReply = z.object({ playlist_entry_id: z.int() });

const Event = z.discriminatedUnion('event', [
  z.object({ event: z.literal('start-file'), playlist_entry_id: z.int() }),
  z.object({
    event: z.literal('end-file'),
    playlist_entry_id: z.int(),
    reason: z.string(),
    file_error: z.string().optional(),
  }),
  z.object({ event: z.literal('file-loaded') }),
  z.object({ event: z.literal('playback-restart') }),
  z.object({ event: z.literal('idle') }),
  z.object({ event: z.literal('property-change'), name: Property, data: z.unknown().optional() }),
]);
export type MpvEvent = z.infer<typeof Event>;

const OtherEvent = z.object({ event: z.string() });

/** A reply, an event we know, or `undefined` for one that we do not. Throws when the line is not mpv's. */
export function decodeLine(line: string): Reply | MpvEvent | undefined {
  const message: unknown = JSON.parse(line);
  const reply = Reply.safeParse(message);
  if (reply.success) return reply.data;
  const event = Event.safeParse(message);
  if (event.success) return event.data;
  OtherEvent.parse(message);
  return undefined;
}

/** What mpv says about a property; `undefined` when it says nothing, or nonsense. */
export function propertyValue<Name extends PropertyName>(
  name: Name,
  data: unknown,
): PropertyValue<Name> | undefined {
  const parsed = PROPERTIES[name].safeParse(data);
  return parsed.success ? (parsed.data as PropertyValue<Name>) : undefined;
}

const MAX_LINE_BYTES = 1 << 20;

/** Cuts bytes into lines; mpv's strings may hold any bytes, so text is made only of whole lines. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /** Throws when a line grows beyond 1 MiB. */
  push(chunk: Buffer): string[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const lines: string[] = [];
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
      if (end > 0) lines.push(bytes.toString('utf8', 0, end));
      bytes = bytes.subarray(end + 1);
    }
    if (bytes.length > MAX_LINE_BYTES) throw new Error('mpv sent a line without an end');
    this.#rest = bytes;
    return lines;
  }
}
