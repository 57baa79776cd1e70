import { writeFileSync } from 'node:fs';
import { queryObjects } from 'node:v8';
import { collectGarbage } from './garbage.js';

// Loaded into a server that is measured (`node --import`): asked from outside it frees what it does not need, and counts what it keeps into a file.
process.on('SIGUSR2', () => {
  collectGarbage();
  const { TUTTI_BENCH_OBJECTS } = process.env;
  if (TUTTI_BENCH_OBJECTS !== undefined)
    writeFileSync(TUTTI_BENCH_OBJECTS, String(queryObjects(Object, { format: 'count' })));
});
