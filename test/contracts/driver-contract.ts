import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { DrivenLink } from './driven-link.js';
import { connectionTests } from './driver-contract-connection.js';
import { endTests } from './driver-contract-ends.js';
import { playbackTests } from './driver-contract-playback.js';
import { soundTests } from './driver-contract-sound.js';
import { timingTests } from './driver-contract-timing.js';
import type { Bench, DriverRig, Lack } from './driver-rig.js';

export type { DriverRig, Lack } from './driver-rig.js';

/** Proves the sentences of src/players/contract.ts against a player. Call it at the top of a test file. */
export function driverContract(
  name: string,
  setup: () => Promise<DriverRig>,
  options: { readonly lacks?: readonly Lack[] } = {},
): void {
  describe(`driver contract: ${name}`, () => {
    let rig: DriverRig | undefined;
    let runtimeDir = '';
    let links: DrivenLink[] = [];
    const bench: Bench = {
      get rig() {
        if (!rig) throw new Error('the rig is not set up yet');
        return rig;
      },
      get runtimeDir() {
        return runtimeDir;
      },
      lacks: new Set(options.lacks ?? []),
      async connect(connecting = {}) {
        const { definition, options: driverOptions, httpPort } = bench.rig;
        const link = await DrivenLink.connect({
          definition,
          options: driverOptions,
          runtimeDir,
          ...(httpPort !== undefined && { httpPort }),
          ...connecting,
        });
        links.push(link);
        return link;
      },
    };

    beforeAll(async () => {
      runtimeDir = await mkdtemp(join(tmpdir(), 'tutti-run-'));
      rig = await setup();
    });

    afterEach(async () => {
      const used = links;
      links = [];
      const violations: string[] = [];
      for (const link of used) {
        await link.link.execute({ type: 'stop' }, AbortSignal.timeout(5000)).catch(() => undefined);
        await link.close();
        violations.push(...link.violations);
      }
      expect(violations).toEqual([]);
    });

    afterAll(async () => {
      await rig?.close();
      await rm(runtimeDir, { recursive: true, force: true });
    });

    connectionTests(bench);
    playbackTests(bench);
    endTests(bench);
    soundTests(bench);
    timingTests(bench);
  });
}
