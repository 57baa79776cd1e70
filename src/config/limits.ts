import * as z from 'zod';

const Count = z.number().int().min(1).max(1_000_000);
const Seconds = z.number().min(1).max(3600);

/**
 * What clients may cost. Where the usual value of such servers (a thousand connections, ten from one address, five of one person,
 * messages of a mebibyte, a queue of a hundred, sixty messages a minute) is not the default, the reason stands beside it.
 */
export const limitKeys = {
  max_connections: Count.default(1000).describe('signed-in WebSocket clients in all').meta({ live: true }),
  max_connections_per_ip: Count.default(10)
    .describe(
      'of them from one address; loopback is exempt, for there sit proxies and the programs of this machine',
    )
    .meta({ live: true }),
  max_connections_per_user: Count.default(5)
    .describe('of them of one person, API token or guest')
    .meta({ live: true }),
  heartbeat_interval_seconds: Seconds.default(30).describe(
    'how often every client hears that the server is there',
  ),
  connection_timeout_seconds: Seconds.default(30)
    .describe(
      'a client that answers nothing for so long is cut off; 30, not the usual 60, because until then the kernel takes 3 MB for a phone that has gone',
    )
    .meta({ live: true }),
  max_message_bytes: z
    .number()
    .int()
    .min(4096)
    .max(1_048_576)
    .default(65_536)
    .describe(
      'longest message of a client; 64 KiB, not the usual 1 MiB: the longest honest one, 1000 tracks for a queue, has 40 KB, and nested JSON of 64 KB takes 10 ms to read',
    ),
  max_queue_events: Count.default(32)
    .describe(
      'events told once that wait for a client that does not read; 32, not the usual 100: after a stall more than 8 old ones help nobody, and state waits once per thing anyway',
    )
    .meta({ live: true }),
  compression: z
    .enum(['off', 'shared'])
    .default('off')
    .describe(
      'off, not on as usual: a window per client costs 14 times its memory and 4 times the processor. shared: each message is compressed once for all, which saves a quarter of the bytes',
    ),
  messages_per_minute: Count.default(1200)
    .describe(
      'of one connection, in the long run; 1200, not the usual 60, which a finger on a slider uses up in three seconds. Of volume and seek only the last counts, so they wait instead of being refused',
    )
    .meta({ live: true }),
  message_burst: Count.default(40)
    .describe(
      'at once; 40, not the usual 10: a page that is opened asks for 15 things, and a search asks at each key',
    )
    .meta({ live: true }),
  bytes_per_minute: z
    .number()
    .int()
    .min(65_536)
    .max(1_000_000_000)
    .default(1_048_576)
    .describe('of one connection; satellites have sixteen times as many')
    .meta({ live: true }),
  commands_per_minute_per_user: Count.default(2400)
    .describe('of one person over all connections and HTTP; twice that of one connection')
    .meta({ live: true }),
  costly_commands_per_minute: Count.default(600)
    .describe(
      'what scans (10 each), announcements, imports (5) and searches (1) of everybody together may cost; a twentieth of it at once',
    )
    .meta({ live: true }),
  job_stream_connects_per_minute: Count.default(10)
    .describe('connects to streams of jobs from one address')
    .meta({ live: true }),
} as const;
