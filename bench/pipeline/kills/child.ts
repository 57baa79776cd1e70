import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { ImportPlan } from '../../../src/pipeline/contract.js';
import { openHouse } from './house.js';

/** What the process shall do, and after how many steps it dies; 0 = it lives, and says how many there were. */
const Task = z.object({
  dir: z.string(),
  musicDir: z.string(),
  /** A file with the plan; absent = only recovery. */
  plan: z.string().optional(),
  kill_at: z.int(),
});

const task = Task.parse(JSON.parse(process.argv[2] ?? '{}'));
const steps: string[] = [];
const house = await openHouse(task, (name) => {
  steps.push(name);
  if (steps.length === task.kill_at) process.kill(process.pid, 'SIGKILL');
});
process.stdout.write('begun\n');
await house.importer.recover();
if (task.plan !== undefined) {
  const plan = JSON.parse(await readFile(task.plan, 'utf8')) as ImportPlan;
  await house.importer.run(plan, () => undefined, new AbortController().signal);
}
await house.close();
process.stdout.write(`${JSON.stringify(steps)}\n`);
