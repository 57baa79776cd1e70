import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
/** Says on its way out how much V8 has set aside for what is young. */
const TELL = `import { getHeapSpaceStatistics } from 'node:v8';
process.on('exit', () => process.stderr.write(String(getHeapSpaceStatistics().find((one) => one.space_name === 'new_space').space_size)));`;
const MOST_BYTES = 4 * 1024 * 1024;

it('the program keeps V8 from setting aside memory for what is young while it is loaded', async () => {
  const tell = `--import=data:text/javascript,${encodeURIComponent(TELL)}`;
  const { stdout, stderr } = await run(process.execPath, [tell, MAIN, 'help']);
  expect(stdout).toContain('tutti serve');
  expect(Number(stderr)).toBeGreaterThan(0);
  expect(Number(stderr)).toBeLessThanOrEqual(MOST_BYTES);
});
