#!/usr/bin/env node
import { AppError, toError } from './base/index.js';
import { runCli } from './cli/index.js';

runCli(process.argv.slice(2), process.env, (line) => void process.stdout.write(`${line}\n`)).then(
  () => process.exit(0),
  (error: unknown) => {
    const known = error instanceof AppError || (error instanceof Error && error.name === 'ClientError');
    process.stderr.write(
      `tutti: ${known ? error.message : (toError(error).stack ?? toError(error).message)}\n`,
    );
    process.exit(1);
  },
);
