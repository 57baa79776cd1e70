import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { AppError, createLogger, systemClock, toError, within } from '../base/index.js';
import { LIMITS, type DriverDefinition, type Media, type PlayerCommand } from '../players/index.js';

const COMMANDS =
  'load <file|url> [more…] | next <file|url> | play | pause | stop | seek <s> | volume <0..1> | mute | unmute | output <id> | take-over | quit';

interface Terminal {
  print(this: void, line: string): void;
  /** Resolves when nobody reads it any more. */
  readonly unread: Promise<unknown>;
}

/**
 * One driver from a terminal: facts are printed as they come, lines typed are commands, until there are no more or nobody reads what is printed.
 * `npm run driver -- mpd host=…`
 */
export async function runDriver(
  drivers: readonly DriverDefinition[],
  [kind, ...words]: readonly string[],
  terminal: Terminal,
): Promise<void> {
  const definition = drivers.find((driver) => driver.kind === kind);
  if (!definition)
    throw new AppError('ERR_INVALID', `name a driver: ${drivers.map((driver) => driver.kind).join(', ')}`);
  const options = definition.options.safeParse(Object.fromEntries(words.map(readOption)));
  if (!options.success)
    throw new AppError(
      'ERR_INVALID',
      options.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
    );
  const runtimeDir = await mkdtemp(join(tmpdir(), 'tutti-driver-'));
  try {
    await drive(definition, options.data, { ...terminal, runtimeDir });
  } finally {
    await rm(runtimeDir, { recursive: true, force: true });
  }
}

async function drive(
  definition: DriverDefinition,
  options: unknown,
  { print, unread, runtimeDir }: Terminal & { readonly runtimeDir: string },
): Promise<void> {
  const context = {
    player_id: definition.kind,
    emit: (fact: unknown) => print(`< ${JSON.stringify(fact)}`),
    log: createLogger('warn'),
    clock: systemClock,
    memory: null,
    httpPort: 8080,
    runtimeDir,
  };
  const link = await within({ clock: systemClock, what: 'connecting', ms: LIMITS.connect }, (signal) =>
    definition.connect(options, context, signal),
  );
  print(`connected to ${definition.address(options)}; ${COMMANDS}`);
  const lines = createInterface({ input: process.stdin });
  const typed = lines[Symbol.asyncIterator]();
  void unread.then(() => lines.close());
  void link.closed.then((reason) => {
    print(`closed: ${reason.message}`);
    lines.close();
  });
  let count = 0;
  for await (const line of typed) {
    if (line.trim() === 'quit') break;
    try {
      const command = readCommand(line, () => `item-${++count}`);
      await within({ clock: systemClock, what: line, ms: LIMITS.command }, (signal) =>
        link.execute(command, signal),
      );
      print('ok');
    } catch (error) {
      print(`error: ${toError(error).message}`);
    }
  }
  await link.execute({ type: 'stop' }, AbortSignal.timeout(LIMITS.command)).catch(() => undefined);
  await link.close();
}

function readOption(word: string): [string, string | number | boolean] {
  const [key = '', ...rest] = word.split('=');
  const value = rest.join('=');
  if (value === 'true' || value === 'false') return [key, value === 'true'];
  return [key, value !== '' && Number.isFinite(Number(value)) ? Number(value) : value];
}

function readCommand(line: string, ref: () => string): PlayerCommand {
  const [verb = '', ...words] = line.trim().split(/\s+/);
  const [word = ''] = words;
  switch (verb) {
    case 'load': {
      const [media, next] = words.map((place) => mediaOf(place, ref()));
      if (!media) throw new AppError('ERR_INVALID', 'load what?');
      return { type: 'load', media, ...(next && { next }), position_seconds: 0, playing: true };
    }
    case 'next':
      return word === '' ? { type: 'preload' } : { type: 'preload', next: mediaOf(word, ref()) };
    case 'play':
    case 'pause':
    case 'stop':
    case 'take-over':
      return { type: verb };
    case 'seek':
      return { type: 'seek', position_seconds: Number(word) };
    case 'volume':
      return { type: 'volume', volume: Number(word) };
    case 'mute':
    case 'unmute':
      return { type: 'mute', muted: verb === 'mute' };
    case 'output':
      return { type: 'output', output_id: word, active: words[1] !== 'off' };
    default:
      throw new AppError('ERR_INVALID', COMMANDS);
  }
}

function mediaOf(place: string, ref: string): Media {
  if (/^https?:\/\//i.test(place)) return { ref, url: place, title: place, live: true };
  return { ref, path: resolve(place), relative_path: place, title: place, live: false };
}
