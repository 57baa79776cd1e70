#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';

// V8's heap stays near what is held: the young generation as it begins (1 MB; loading the program alone makes it 16, of which 2 are used),
// the old one at most a quarter larger than what survived. With 100,000 tracks the server holds 112 MB so and some 20 more without. Only what is
// said before anything else is loaded counts.
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--heap-growing-percent=25');
const { AppError, codeOf, systemClock, toError } = await import('./base/index.js');
const { isService, leave, Output, runCli, statusOf, UNREAD_STATUS } = await import('./cli/index.js');

const { argv, env, stdout, stderr } = process;
const words = argv.slice(2);
const output = new Output(stdout);
// What cannot be said ends nobody.
stderr.on('error', () => undefined);

runCli(words, env, output.print, output.unread).then(
  async () => leave((await statusUnread()) ?? 0),
  async (error: unknown) => {
    const unread = await statusUnread();
    if (unread !== undefined) return leave(unread);
    const known = error instanceof AppError || (error instanceof Error && error.name === 'ClientError');
    stderr.write(`tutti: ${known ? error.message : (toError(error).stack ?? toError(error).message)}\n`);
    const stopped = new Promise((resolve) => process.once('SIGTERM', resolve));
    const ranMs = process.uptime() * 1000;
    await leave(await statusOf(error, { env, clock: systemClock, ranMs, stopped }));
  },
);

/** The status of a command whose words did not all arrive. A service is not there for what it prints. */
async function statusUnread(): Promise<number | undefined> {
  if (isService(words, env)) return undefined;
  const fate = await output.fate();
  if (fate === 'unread') return UNREAD_STATUS;
  if (fate === undefined) return undefined;
  stderr.write(`tutti: what it has to say cannot be written (${codeOf(fate) || fate.message})\n`);
  return 1;
}
