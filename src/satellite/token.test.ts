import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readToken, satelliteToken } from './token.js';

const folder = (): string => mkdtempSync(join(tmpdir(), 'tutti-token-'));

it('is made once, for its owner alone', async () => {
  const dataDir = join(folder(), 'state');
  const token = await satelliteToken(dataDir);
  expect(token).toMatch(/^[A-Za-z0-9_-]{32}$/);
  expect(await satelliteToken(dataDir)).toBe(token);
  expect(await readToken(join(dataDir, 'satellite-token'))).toBe(token);
  expect(statSync(join(dataDir, 'satellite-token')).mode & 0o777).toBe(0o600);
});

it.each([
  ['nothing', ''],
  ['zeros', '\0'.repeat(33)],
])('is made again where a power cut left %s of it', async (_what, left) => {
  const dataDir = folder();
  writeFileSync(join(dataDir, 'satellite-token'), left);
  const token = await satelliteToken(dataDir);
  expect(readFileSync(join(dataDir, 'satellite-token'), 'utf8')).toBe(`${token}\n`);
});

it('is never guessed where somebody wrote something else', async () => {
  const dataDir = folder();
  writeFileSync(join(dataDir, 'satellite-token'), 'secret');
  await expect(satelliteToken(dataDir)).rejects.toMatchObject({ code: 'ERR_INVALID' });
  expect(readFileSync(join(dataDir, 'satellite-token'), 'utf8')).toBe('secret');
});
