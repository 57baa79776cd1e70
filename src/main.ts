#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';

// V8's heap stays near what is held: the young generation as it begins (1 MB; loading the program alone makes it 16, of which 2 are used),
// the old one at most a quarter larger than what survived. With 100,000 tracks the server holds 112 MB so and some 20 more without. Only what is
// said before anything else is loaded counts.
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--heap-growing-percent=25');
const { AppError, systemClock, toError } = await import('./base/index.js');
const { runCli, statusOf } = await import('./cli/index.js');

runCli(process.argv.slice(2), process.env, (line) => void process.stdout.write(`${line}\n`)).then(
  () => process.exit(0),
  async (error: unknown) => {
    const known = error instanceof AppError || (error instanceof Error && error.name === 'ClientError');
    process.stderr.write(
      `tutti: ${known ? error.message : (toError(error).stack ?? toError(error).message)}\n`,
    );
    const stopped = new Promise((resolve) => process.once('SIGTERM', resolve));
    const ranMs = process.uptime() * 1000;
    process.exit(await statusOf(error, { env: process.env, clock: systemClock, ranMs, stopped }));
  },
);
