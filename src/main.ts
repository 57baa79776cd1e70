#!/usr/bin/env node
import { AppError, systemClock, toError } from './base/index.js';
import { runCli, statusOf } from './cli/index.js';

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
