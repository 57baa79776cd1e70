import * as z from 'zod';

/** How this machine's own output is set up. Nothing here can name a program other than an mpv. */
export const LocalOptions = z.strictObject({
  /** mpv's name of the sound card or sink (`mpv --audio-device=help`), used until somebody chooses another. */
  output: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[^\p{Cc}]+$/u)
    .refine((name) => !/^[a-zA-Z]+:|^\d+$/.test(name), 'is a name of ALSA, which begins with alsa/ here')
    .default('auto')
    .describe("'auto', or as `mpv --audio-device=help` shows it: alsa/plughw:CARD=DAC,DEV=0"),
  /** `mpv`, found on the PATH, or the absolute path of a program whose name starts with mpv. */
  program: z
    .string()
    .regex(/^(mpv|\/([^\p{Cc}]*\/)?mpv[^/\p{Cc}]*)$/u)
    .default('mpv')
    .describe('mpv, or the whole path of a program whose name begins with mpv'),
  replaygain: z.enum(['off', 'track', 'album']).default('album'),
  /**
   * The control of the sound card that is the volume: `auto` finds it where the output is an ALSA card, `none` leaves the card alone and
   * lets mpv do it, anything else is its name (`amixer scontrols`).
   */
  mixer: z
    .string()
    .regex(/^[^\p{Cc}'",]{1,60}$/u)
    .default('auto'),
  /** Whose controls these are, where the output does not name its card: `hw:DAC` (`amixer -D`). */
  mixer_card: z
    .string()
    .regex(/^[A-Za-z0-9_:=-]{1,64}$/)
    .optional(),
  /** Only this kind of output. `null` is paced silence, for tests. */
  ao: z.enum(['null', 'alsa', 'pulse', 'pipewire']).optional(),
});
export type LocalOptions = z.infer<typeof LocalOptions>;
