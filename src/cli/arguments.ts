import { parseArgs } from 'node:util';
import { AppError, toError } from '../base/index.js';

export interface Arguments {
  readonly command: string;
  readonly rest: readonly string[];
  /** Undefined: that of this machine. */
  readonly server: string | undefined;
  readonly room: string | undefined;
  readonly json: boolean;
  readonly name: string | undefined;
  readonly tokenFile: string | undefined;
  readonly outputs: readonly string[];
  readonly bus: string | undefined;
  readonly scopes: readonly string[];
  readonly expires: string | undefined;
  readonly askTime: boolean;
  readonly list: boolean;
}

export const USAGE = `tutti - every loudspeaker plays as one

  tutti serve                      run the server (settings: tutti.yaml in the data folder, or TUTTI_* variables)
  tutti gateway                    hold clients for a server that runs elsewhere on the same bus; any number of them
  tutti worker                     do heavy work for a server on the same bus, with its data folder and music; any number
  tutti status                     rooms, what plays, players
  tutti play [search words | URL]  go on, or replace the queue with the first album or track found, or a stream
  tutti pause | stop | next | previous
  tutti volume 0-100 | +5 | -5     tutti mute | unmute      tutti seek 1:30
  tutti add <search words | URL>   add to the queue         tutti undo | redo
  tutti satellite                  offer the sound outputs of this machine to the server as players
  tutti satellite-token            print what a satellite must know, on the server's machine
  tutti token create --name X --scope S [--expires 30d]
                                   an API token for a program, on the server's machine; shown once
  tutti token list | revoke <id>
  tutti sign-in-link               a link that signs the first admin in, on the server's machine
  tutti config check [file]        what is wrong with the settings, every fault with its line; fails when something is
  tutti config show                every setting, what it is and who set it; secrets are not shown
  tutti backup [file or folder]    everything that is remembered, in one file that was read back; also while the server runs
  tutti backup --list              the backups of this machine, the newest first
  tutti restore <file or id>       go back to it, while the server is stopped; what it replaces is kept aside (-: the file comes by standard input)
  tutti doctor                     what this machine lacks, and the command that mends it; fails when something is
  tutti diagnostics [file]         what a helper needs to know, without passwords, tokens and names of people, as one file
  tutti driver <kind> [key=value]  run one driver from this terminal, without a server

  --server URL   default $TUTTI_URL, else the one of this machine, where it says or its settings say that it is
  --room ID      default: the only room, else the one that plays
  --bus URL      serve, gateway, worker: the Redis between them; a URL with a password belongs into TUTTI_BUS or tutti.yaml
  --json         print what the server said
  --name NAME    satellite: what it is called; default the host name. token: what it is for. sign-in-link: for whom
  --scope S      token: read, control, admin, metrics or satellite; may be given several times
  --expires T    token: after 12h, 30d, 8w; default never
  --output NAME  satellite: an output of mpv --audio-device=help, may be given several times; default: the system's own
  --list         backup: what there is
  --ask-time     doctor: also ask a time server on the internet (pool.ntp.org)
  --token-file F where the token is; else $TUTTI_TOKEN, for a satellite $TUTTI_SATELLITE_TOKEN`;

/** Throws ERR_INVALID for an option that does not exist. */
export function readArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Arguments {
  const options = {
    server: { type: 'string' },
    room: { type: 'string' },
    json: { type: 'boolean' },
    name: { type: 'string' },
    output: { type: 'string', multiple: true },
    scope: { type: 'string', multiple: true },
    expires: { type: 'string' },
    'token-file': { type: 'string' },
    bus: { type: 'string' },
    'ask-time': { type: 'boolean' },
    list: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  // A relative volume such as -5 is a word, not an option.
  const words = argv.map((word) => (/^-\d+$/.test(word) ? ` ${word}` : word));
  try {
    const { values, positionals } = parseArgs({ args: words, options, allowPositionals: true });
    const [command = 'help', ...rest] = positionals.map((word) => word.trim());
    return {
      command: values.help ? 'help' : command,
      rest,
      server: values.server ?? (env['TUTTI_URL'] || undefined),
      room: values.room,
      json: values.json ?? false,
      name: values.name,
      tokenFile: values['token-file'],
      outputs: values.output ?? [],
      bus: values.bus,
      scopes: values.scope ?? [],
      expires: values.expires,
      askTime: values['ask-time'] ?? false,
      list: values.list ?? false,
    };
  } catch (error) {
    throw new AppError('ERR_INVALID', toError(error).message);
  }
}
