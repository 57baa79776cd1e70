import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { packageRoot } from '../../src/package-root.js';

/**
 * One TypeScript entry with all it imports as a single file that plain node runs: for tests that kill a process. Returns its path, in a folder
 * of its own. Packages come `inside`, or stay `beside` it: some cannot be put into one file.
 */
export async function bundle(entry: string, packages: 'inside' | 'beside' = 'inside'): Promise<string> {
  const beside = join(packageRoot, 'node_modules', '.cache');
  if (packages === 'beside') await mkdir(beside, { recursive: true });
  const outDir = await mkdtemp(join(packages === 'beside' ? beside : tmpdir(), 'tutti-bundle-'));
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: entry,
      outDir,
      emptyOutDir: true,
      minify: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'program.mjs' } },
    },
    ssr: { ...(packages === 'inside' && { noExternal: true }), target: 'node' },
  });
  return join(outDir, 'program.mjs');
}
