import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TargetFault, type Place, type Proof, type ScanTarget } from '../../src/pipeline/targets/contract.js';
import { ownFiles } from '../../src/pipeline/targets/proofs.js';
import type { TargetParts } from '../../src/pipeline/targets/target-parts.js';
import { SteppingClock } from '../fakes/stepping-clock.js';
import type { TargetServer } from '../fakes/target-server.js';

/** One server of a kind, with a music folder of ours that it sees. */
export interface TargetRig {
  readonly clock: SteppingClock;
  /** Ours. */
  readonly musicDir: string;
  readonly secret: string;
  /** How it is reached. */
  readonly parts: Omit<TargetParts, 'clock' | 'answerMs' | 'musicDir'>;
  make(parts: TargetParts): ScanTarget;
  /** What one gets who asks for a folder that the mappings lead to and that is not ours there. */
  readonly blind: 'scanned' | 'timeout' | 'refused';
  /** What of ours leads to such a folder. */
  readonly astray: string;
  /** Stops it; `close` may come after. */
  off(): Promise<void>;
  close(): Promise<void>;
  /** A real audio file, where the server takes no other. */
  sound?(path: string): Promise<void>;
}

export interface HttpTargetRig extends TargetRig {
  readonly server: TargetServer;
}

const hopeless = (): AbortSignal => new AbortController().signal;

/** What every target has to hold. */
export function scanTargetContract(name: string, start: () => Promise<TargetRig>): void {
  describe(`the target ${name}`, () => {
    let rig: TargetRig;
    beforeEach(async () => {
      rig = await start();
    });
    afterEach(() => rig.close());

    const make = (change: Partial<TargetParts> = {}): ScanTarget => {
      const { clock, musicDir, parts } = rig;
      return rig.make({ clock, musicDir, answerMs: SteppingClock.LIMIT_MS, ...parts, ...change });
    };
    const album = async (folder: string, ...titles: string[]): Promise<void> => {
      for (const [at, title] of titles.entries()) {
        const path = join(rig.musicDir, folder, `0${at + 1} - ${title}.flac`);
        await mkdir(dirname(path), { recursive: true });
        await (rig.sound?.(path) ?? writeFile(path, `sound of ${title}`));
      }
    };
    const place = async (target: ScanTarget, folder: string): Promise<Place> => {
      const proofs: Proof[] = [];
      for (const { path, ...file } of await ownFiles(rig.musicDir, folder))
        proofs.push({ ...file, file: target.map(join(rig.musicDir, path)) ?? '' });
      return { folder: target.map(join(rig.musicDir, folder)) ?? '', proofs };
    };
    const scanned = async (target: ScanTarget, ...places: Place[]): Promise<string> => {
      const work = async (): Promise<string> => {
        if (!(await target.calm(hopeless()))) return 'never calm';
        return (await (await target.scan(places, hopeless())).outcome(hopeless())).result;
      };
      return rig.clock.through(work());
    };
    const fault = async (work: Promise<unknown>): Promise<TargetFault> => {
      const thrown = await rig.clock.through(work).catch((error: unknown) => error);
      if (!(thrown instanceof TargetFault)) throw new Error(`no fault: ${String(thrown)}`);
      return thrown;
    };

    it('says who it is, and what music libraries it has', async () => {
      const health = await make().check(hopeless());
      expect(health.version).toMatch(/\d/);
      expect(health.sections.length).toBeGreaterThan(0);
      expect(make().covers(make().map(rig.musicDir) ?? '?', health.sections)).toBe(true);
    });

    it('has an album once it has looked, and not before', async () => {
      const target = make();
      await album('Björk/Début #1 & 100%', 'Human Behaviour', 'Crying');
      const wanted = await place(target, 'Björk/Début #1 & 100%');
      expect(wanted.proofs).toHaveLength(2);
      expect(await target.has(wanted.proofs[0]!, hopeless())).toBe(false);
      expect(await scanned(target, wanted)).toBe('confirmed');
      for (const proof of wanted.proofs) expect(await target.has(proof, hopeless())).toBe(true);
    });

    it('has one album after the other, and a whole library', async () => {
      const target = make();
      for (const folder of ['A/One', 'A/Two']) {
        await album(folder, `Song of ${folder.slice(2)}`);
        expect(await scanned(target, await place(target, folder))).toBe('confirmed');
      }
      await album('B/Three', 'Song of Three');
      const { proofs } = await place(target, 'B/Three');
      expect(await scanned(target, { ...(await place(target, '')), proofs })).toBe('confirmed');
    });

    it('says so when it has looked and does not have our file', async () => {
      const target = make();
      await album('A/One', 'Song');
      const there = await place(target, 'A/One');
      const lost = { file: `${there.folder}/02 - Lost.flac`, title: 'Lost', size_bytes: 77 };
      const outcome = await rig.clock.through(
        target.scan([there], hopeless()).then((scan) => scan.outcome(hopeless())),
      );
      expect(outcome.result).toBe('confirmed');
      expect(await scanned(target, { ...there, proofs: [lost] })).toBe(
        rig.blind === 'refused' ? 'scanned' : rig.blind,
      );
    });

    it('says that path mappings may be wrong when they lead elsewhere', async () => {
      const target = make({ mappings: [{ ours: rig.musicDir, theirs: rig.astray }] });
      await album('A/One', 'Song');
      const wanted = await place(target, 'A/One');
      const work = target.scan([wanted], hopeless()).then((scan) => scan.outcome(hopeless()));
      const { result, message } = await rig.clock.through(
        work.catch((thrown: unknown) => {
          if (thrown instanceof TargetFault) return thrown;
          throw thrown;
        }),
      );
      expect(result).toBe(rig.blind);
      expect(message).toMatch(/path mapping/i);
    });

    it('looks where music was taken away, and claims no more', async () => {
      const target = make();
      await album('A/One', 'Song');
      await scanned(target, await place(target, 'A'));
      expect(await scanned(target, { folder: (await place(target, 'A')).folder, proofs: [] })).toBe(
        'scanned',
      );
    });

    it('refuses a wrong secret for good, and the secret is in nothing it says', async () => {
      const secret = 'wrong-secret-77';
      const thrown = await fault(make({ secret }).check(hopeless()));
      expect(thrown).toMatchObject({ result: 'refused', fatal: true });
      expect(thrown.message).toMatch(/accept|enter/i);
      expect(JSON.stringify([thrown.message, thrown.stack, String(thrown.cause)])).not.toContain(secret);
    });

    it('is unreachable while it is off, and that may pass', async () => {
      await album('A/One', 'Song');
      const wanted = await place(make(), 'A/One');
      await rig.off();
      for (const ask of [() => make().check(hopeless()), () => make().scan([wanted], hopeless())]) {
        const thrown = await fault(ask());
        expect(thrown).toMatchObject({ result: 'unreachable', fatal: false });
        expect(JSON.stringify([thrown.message, thrown.stack])).not.toContain(rig.secret);
      }
    });

    it('leaves a wait at once when it is told to', async () => {
      const target = make();
      await album('A/One', 'Song');
      const { folder } = await place(target, 'A/One');
      const scan = await target.scan(
        [{ folder, proofs: [{ file: `${folder}/none.flac`, title: 'none', size_bytes: 1 }] }],
        hopeless(),
      );
      const abort = new AbortController();
      const outcome = scan.outcome(abort.signal);
      abort.abort(new Error('enough'));
      await expect(outcome).rejects.toThrow('enough');
    });

    it('maps by the longest folder, on borders, and nowhere without a mapping', async () => {
      const target = make({
        mappings: [
          { ours: '/ours', theirs: 'one' },
          { ours: '/ours/rock/', theirs: 'two/' },
        ],
      });
      expect(target.map('/ours/jazz/a b.flac')).toBe('one/jazz/a b.flac');
      expect(target.map('/ours/rock/a')).toBe('two/a');
      expect(target.map('/ours/rockabilly')).toBe('one/rockabilly');
      expect(target.map('/oursandmore')).toBeUndefined();
    });
  });
}

/** What every target that speaks HTTP has to hold besides. */
export function httpTargetContract(name: string, start: () => Promise<HttpTargetRig>): void {
  scanTargetContract(name, start);
  describe(`the target ${name}, by HTTP`, () => {
    let rig: HttpTargetRig;
    beforeEach(async () => {
      rig = await start();
    });
    afterEach(() => rig.close());

    const make = (answerMs = SteppingClock.LIMIT_MS): ScanTarget =>
      rig.make({ clock: rig.clock, musicDir: rig.musicDir, answerMs, ...rig.parts });
    const check = (target: ScanTarget): Promise<unknown> =>
      rig.clock.through(target.check(hopeless())).catch((thrown: unknown) => thrown);

    it.each([
      ['garbage', 'refused'],
      ['huge', 'refused'],
      ['elsewhere', 'refused'],
      ['starting', 'unreachable'],
    ] as const)('survives %s', async (trouble, result) => {
      rig.server.trouble = trouble;
      expect(await check(make())).toMatchObject({ name: 'TargetFault', result });
      rig.server.trouble = undefined;
      expect((await make().check(hopeless())).sections.length).toBeGreaterThan(0);
    });

    it('gives up an answer that does not come', async () => {
      rig.server.trouble = 'silent';
      expect(await check(make(5000))).toMatchObject({ result: 'unreachable', fatal: false });
    });

    it('never has the secret in an address', async () => {
      const target = make();
      await mkdir(join(rig.musicDir, 'A'));
      const folder = target.map(join(rig.musicDir, 'A')) ?? '';
      const proofs = [{ file: `${folder}/none.flac`, title: 'none', size_bytes: 1 }];
      await rig.clock.through(
        target.scan([{ folder, proofs }], hopeless()).then((scan) => scan.outcome(hopeless())),
      );
      expect(rig.server.asked.length).toBeGreaterThan(3);
      for (const { url, body } of rig.server.asked) {
        expect(url).not.toContain(rig.secret);
        expect(url).not.toMatch(/[?&](t|s|p|apiKey|X-Plex-Token)=/i);
        expect(body).not.toContain(rig.secret);
      }
    });
  });
}
