import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SCHEMA_VERSION } from '../storage/index.js';
import { holdStill } from './still.js';
import { sumsOf } from './sums.js';

const FIXTURES = resolve(import.meta.dirname, '../../test/fixtures/databases');
const VERSIONS = Array.from({ length: SCHEMA_VERSION }, (_, index) => index + 1);

describe('the sums of a database', () => {
  // They are taken before its tables are changed: a version that cannot do that does not start.
  it.each(VERSIONS)('are known of version %i, which lacks what came later', async (version) => {
    const folder = mkdtempSync(join(tmpdir(), 'tutti-sums-'));
    const file = join(folder, 'tutti.db');
    copyFileSync(join(FIXTURES, `version-${version}.db`), file);
    const still = await holdStill(file);
    expect(still?.schema).toBe(version);
    if (still)
      expect(await sumsOf(still)).toMatchObject({ kept_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    await still?.close();
    rmSync(folder, { recursive: true });
  });
});
