import { AppError } from '../base/index.js';
import { version } from '../package-root.js';
import { readArguments, USAGE, type Arguments } from './arguments.js';
import type { Place } from './greeting.js';
import { isRemoteCommand, runRemote } from './remote.js';

export { statusOf } from './failure.js';
export { leave } from './leave.js';
export { Output, UNREAD_STATUS } from './output.js';

const SERVICES = new Set(['serve', 'gateway', 'worker', 'satellite']);

/** Whether this is for what it does, whoever reads what it prints. */
export function isService(argv: readonly string[], env: Env): boolean {
  try {
    return SERVICES.has(readArguments(argv, env).command);
  } catch {
    return false;
  }
}

/** One run of the command line; `unread` resolves when nobody reads any more what it prints. The server's parts are loaded only by the commands that need them: a remote control starts at once. */
export async function runCli(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  print: (line: string) => void,
  unread: Promise<unknown> = new Promise(() => undefined),
): Promise<void> {
  const parsed = readArguments(argv, env);
  if (parsed.command === 'serve') {
    return (await import('./serve.js')).serve(withBus(parsed, env), print, placeOf(env));
  }
  if (parsed.command === 'gateway') {
    return (await import('./gateway.js')).gateway(withBus(parsed, env), print, placeOf(env));
  }
  if (parsed.command === 'worker') {
    return (await import('./worker.js')).worker(withBus(parsed, env), print, placeOf(env));
  }
  if (parsed.command === 'satellite') {
    return (await import('./satellite.js')).runSatellite(parsed, env, print);
  }
  if (parsed.command === 'satellite-token')
    return print(await (await import('./satellite.js')).tokenOfServer(env));
  if (parsed.command === 'token') return print(await (await import('./people.js')).runToken(parsed, env));
  if (parsed.command === 'sign-in-link')
    return print(await (await import('./people.js')).signInLink(parsed, env, placeOf(env)));
  if (parsed.command === 'doctor')
    return (await import('./doctor.js')).doctor(withBus(parsed, env), parsed, print);
  if (parsed.command === 'diagnostics') {
    const said = await (await import('./doctor.js')).diagnostics(parsed, withBus(parsed, env));
    return said === '' ? undefined : print(said);
  }
  if (parsed.command === 'config')
    return print((await import('./config.js')).runConfig(parsed, withBus(parsed, env)));
  if (parsed.command === 'backup') return print(await (await import('./backup.js')).runBackup(parsed, env));
  if (parsed.command === 'restore')
    return print(await (await import('./backup.js')).runRestore(parsed.rest, env));
  if (parsed.command === 'driver') {
    const [{ DRIVERS }, { runDriver }] = await Promise.all([
      import('../app/index.js'),
      import('./run-driver.js'),
    ]);
    return runDriver(DRIVERS, parsed.rest, { print, unread });
  }
  if (parsed.command === 'version') return print(version);
  if (parsed.command === 'help') return print(USAGE);
  if (isRemoteCommand(parsed.command)) return print(await runRemote(parsed, env));
  throw new AppError('ERR_UNKNOWN_COMMAND', `tutti has no command ${parsed.command}\n\n${USAGE}`);
}

/** systemd tells its services that what they say goes to the journal. */
function placeOf(env: Readonly<Record<string, string | undefined>>): Place {
  if (process.stdout.isTTY) return 'terminal';
  return env['JOURNAL_STREAM'] === undefined ? 'pipe' : 'log';
}

type Env = Readonly<Record<string, string | undefined>>;

/** `--bus` as the setting it stands for. Other users of the machine see the words of a command line: it is taken out of there. */
function withBus({ bus }: Arguments, env: Env): Env {
  if (bus === undefined) return env;
  process.title = 'tutti';
  return { ...env, TUTTI_BUS: bus };
}
