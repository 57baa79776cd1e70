import { existsSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createLogger } from '../base/index.js';
import { satelliteIdIn } from './kept-id.js';

const log = createLogger('silent');
const barn = { host: 'Barn.local', machineId: '0123456789abcdef' };
const folder = (): string => mkdtempSync(join(tmpdir(), 'tutti-satellite-id-'));

it('is kept, and stays when the machine is called something else', async () => {
  const dir = folder();
  const id = await satelliteIdIn(dir, barn, log);
  expect(id).toMatch(/^barn-local-[0-9a-f]{6}$/);
  expect(await satelliteIdIn(dir, { host: 'shed', machineId: 'another' }, log)).toBe(id);
  expect(readFileSync(join(dir, 'satellite-id'), 'utf8')).toBe(`${id}\n`);
});

it.each([
  ['nothing', ''],
  ['zeros', '\0'.repeat(12)],
])('is the same again where a power cut left %s of it', async (_what, left) => {
  const dir = folder();
  const id = await satelliteIdIn(dir, barn, log);
  writeFileSync(join(dir, 'satellite-id'), left);
  expect(await satelliteIdIn(dir, barn, log)).toBe(id);
});

it('is the same at each start where the disk takes nothing', async () => {
  const dir = folder();
  symlinkSync('/dev/full', join(dir, 'satellite-id.part'));
  const id = await satelliteIdIn(dir, barn, log);
  expect(existsSync(join(dir, 'satellite-id'))).toBe(false);
  expect(await satelliteIdIn(dir, barn, log)).toBe(id);
});

it('says whose folder it is when that is not ours', async () => {
  const dir = folder();
  writeFileSync(join(dir, 'plain'), '');
  await expect(satelliteIdIn(join(dir, 'plain'), barn, log)).rejects.toMatchObject({ code: 'ERR_INVALID' });
});

it('is another one for another folder of the same machine', async () => {
  expect(await satelliteIdIn(folder(), barn, log)).not.toBe(await satelliteIdIn(folder(), barn, log));
});
