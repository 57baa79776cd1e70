import * as z from 'zod';
import { List, Switch } from './values.js';

const Megabytes = z.number().int().min(1).max(10_000_000);
const Folder = z.string().min(1);

/** How music comes in and goes out. Everything that leaves this house or touches what is not ours is off until it is set. */
export const pipelineKeys = {
  import_dir: Folder.optional()
    .describe('watch folder: music that is put there is imported; none: off')
    .meta({ form: 'path', folder: true, example: '/srv/incoming' }),
  import_keep: Switch.default(false)
    .describe('leave what was imported where it lay; else it goes once the copy in the library is proved')
    .meta({ live: true }),
  import_by_tags: Switch.default(false)
    .describe(
      'without a source of releases: import what has complete and consistent tags; else a person is asked each time',
    )
    .meta({ live: true }),
  musicbrainz_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('a MusicBrainz-compatible source of releases; default https://musicbrainz.org')
    .meta({ live: true, example: 'https://musicbrainz.org' }),
  musicbrainz_contact: z
    .string()
    .min(3)
    .max(200)
    .optional()
    .describe('your address or page, which MusicBrainz wants to know of who asks; none: nobody is asked')
    .meta({ live: true, example: 'me@example.org' }),
  musicbrainz_rate_ms: z
    .number()
    .int()
    .min(0)
    .max(60_000)
    .default(1000)
    .describe('at least so long between two questions; MusicBrainz wants a second')
    .meta({ live: true }),
  path_template: z
    .string()
    .min(1)
    .max(400)
    .optional()
    .describe('where a track goes in the music folder; default {album_artist}/{album} ({year})/…')
    .meta({ live: true, example: "'{album_artist}/{album}[ ({year})]/[{disc}-]{track} {title}'" }),
  trash_days: z
    .number()
    .int()
    .min(0)
    .max(3650)
    .default(30)
    .describe('so long things stay in the trash; 0 = for ever')
    .meta({ live: true }),
  export_dirs: List.default([])
    .describe('folders that exports may be written to, besides sticks')
    .meta({ form: 'paths', live: true, only_file: true, example: '[/media/stick]' }),
  space_reserve_mb: Megabytes.default(512)
    .describe('free space that nothing of the pipeline uses up')
    .meta({ live: true }),
  download_max_mb: Megabytes.default(4096)
    .describe('a download that is larger is refused')
    .meta({ live: true }),
  download_max_minutes: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(360)
    .describe('a download that takes longer is given up')
    .meta({ live: true }),
  allow_private_addresses: List.default([])
    .describe(
      'hosts, addresses and networks of your own that downloads and lists of radio stations may reach: nas.lan, 192.168.1.0/24; default none',
    )
    .meta({ only_file: true, example: '[nas.lan, 192.168.1.0/24]' }),
  yt_dlp: Folder.optional()
    .describe('the program yt-dlp, to fetch what it can fetch; none: off')
    .meta({ only_file: true, example: '/usr/local/bin/yt-dlp' }),
  streamrip: Folder.optional()
    .describe('the program rip of streamrip; none: off')
    .meta({ only_file: true, example: '/usr/local/bin/rip' }),
} as const;
