import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { local } from '../../drivers/local/index.js';
import type { Logger } from '../../src/base/index.js';
import type { Found } from '../../src/players/index.js';

let folder = '';
const path = process.env['PATH'];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutti-path-'));
});

afterEach(async () => {
  process.env['PATH'] = path;
  await rm(folder, { recursive: true, force: true });
});

/** What is found, and what the log says, on a machine whose mpv lists these outputs; without a list it has no mpv. */
async function find(listing?: string): Promise<{ found: readonly Found[]; said: string[] }> {
  const said: string[] = [];
  const note = (_: unknown, message: string): void => void said.push(message);
  const log: Logger = { trace: note, debug: note, info: note, warn: note, error: note, child: () => log };
  if (listing !== undefined) {
    await writeFile(join(folder, 'listing'), `List of detected audio devices:\n${listing}`);
    await writeFile(join(folder, 'mpv'), `#!/bin/sh\nexec /bin/cat '${join(folder, 'listing')}'\n`, {
      mode: 0o755,
    });
  }
  process.env['PATH'] = folder;
  return { found: (await local.local?.(log)) ?? [], said };
}

it('finds this machine when it has a sound card', async () => {
  const { found } = await find(
    "  'auto' (Autoselect device)\n  'alsa/plughw:CARD=Headphones,DEV=0' (bcm2835)\n",
  );
  expect(found).toMatchObject([{ key: 'local', options: {} }]);
  expect(found[0]?.name).not.toBe('');
});

it('finds nothing on a machine without sound, and says why', async () => {
  const { found, said } = await find(
    "  'auto' (Autoselect device)\n  'alsa' (Default (alsa))\n  'jack' (Default (jack))\n",
  );
  expect(found).toEqual([]);
  expect(said.join()).toContain('no sound card');
});

it('finds nothing on a machine without mpv, and says what to install', async () => {
  const { found, said } = await find();
  expect(found).toEqual([]);
  expect(said.join()).toContain('apt install mpv');
});
