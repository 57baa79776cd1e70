import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../src/package-root.js';

const unit = readFileSync(join(packageRoot, 'systemd', 'tutti.service'), 'utf8');

function found(pattern: RegExp): string {
  const [, text] = pattern.exec(unit) ?? [];
  if (text === undefined) throw new Error(`systemd/tutti.service says nothing like ${String(pattern)}`);
  return text;
}

/** The environment in which the server is what its unit starts: the options of node, and how many arenas memory has. */
export const AS_ITS_UNIT = {
  NODE_OPTIONS: found(/^ExecStart=\/usr\/bin\/node ((?:--\S+ )+)/m).trim(),
  MALLOC_ARENA_MAX: found(/^Environment=.*\bMALLOC_ARENA_MAX=(\d+)/m),
};
