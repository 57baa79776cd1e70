import { AppError } from '../base/index.js';
import { version } from '../package-root.js';
import { readArguments, USAGE } from './arguments.js';
import { isRemoteCommand, runRemote } from './remote.js';

/** One run of the command line. The server's parts are loaded only by the commands that need them: a remote control starts at once. */
export async function runCli(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  print: (line: string) => void,
): Promise<void> {
  const parsed = readArguments(argv, env);
  if (parsed.command === 'serve') return (await import('./serve.js')).serve(env, print);
  if (parsed.command === 'driver') {
    const [{ DRIVERS }, { runDriver }] = await Promise.all([import('../app.js'), import('./run-driver.js')]);
    return runDriver(DRIVERS, parsed.rest, print);
  }
  if (parsed.command === 'version') return print(version);
  if (parsed.command === 'help') return print(USAGE);
  if (isRemoteCommand(parsed.command)) return print(await runRemote(parsed));
  throw new AppError('ERR_UNKNOWN_COMMAND', `tutti has no command ${parsed.command}\n\n${USAGE}`);
}
