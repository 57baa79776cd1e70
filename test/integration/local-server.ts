import * as z from 'zod';
import { local } from '../../drivers/local/index.js';
import { silentLogger, systemClock } from '../../src/base/index.js';
import type { Fact } from '../../src/players/index.js';

/** The part of a server that a kill -9 test needs: one process that loads media, prints every fact as a line, and has no end. */
const Task = z.object({
  runtimeDir: z.string(),
  options: z.unknown(),
  path: z.string(),
  ref: z.string(),
  nextPath: z.string().optional(),
  nextRef: z.string().optional(),
});

async function main(): Promise<void> {
  const task = Task.parse(JSON.parse(process.argv[2] ?? ''));
  const context = {
    player_id: 'player-under-test',
    emit: (fact: Fact) => void process.stdout.write(`${JSON.stringify(fact)}\n`),
    log: silentLogger,
    clock: systemClock,
    memory: undefined,
    httpPort: 0,
    runtimeDir: task.runtimeDir,
  };
  const signal = AbortSignal.timeout(10_000);
  const link = await local.connect(local.options.parse(task.options), context, signal);
  const { nextPath, nextRef } = task;
  const next = nextPath !== undefined && nextRef !== undefined ? { path: nextPath, ref: nextRef } : undefined;
  await link.execute(
    {
      type: 'load',
      media: { ref: task.ref, path: task.path, title: task.ref, live: false },
      ...(next && { next: { ...next, title: next.ref, live: false } }),
      position_seconds: 0,
      playing: true,
    },
    signal,
  );
  await link.closed;
}

await main();
