import { join, relative } from 'node:path';
import type { CommandReply } from '../../protocol/index.js';
import { TargetFault, type ScanTarget, type TargetHealth } from './contract.js';
import { isInside } from './paths.js';
import { ownFiles } from './proofs.js';
import type { LibraryParts } from './round.js';

export interface TryParts {
  readonly library: LibraryParts;
  /** Folders of ours that mappings begin at. */
  readonly starts: readonly string[];
  libraryThere(this: void): Promise<boolean> | boolean;
}

type Tried = CommandReply<'target:test'>;

/** Tries address, secret and path mappings without changing anything, and says what to do about what is wrong. */
export async function tryTarget(target: ScanTarget, parts: TryParts, signal: AbortSignal): Promise<Tried> {
  let health: TargetHealth;
  try {
    health = await target.check(signal);
  } catch (thrown) {
    if (!(thrown instanceof TargetFault)) throw thrown;
    return { ok: false, message: thrown.message, sections: [] };
  }
  const sections = health.sections.map((section) => ({ ...section, folders: [...section.folders] }));
  const about = { sections, ...(health.version !== undefined && { version: health.version }) };
  try {
    return { ...about, ...(await judgeMapping(target, health, parts, signal)) };
  } catch (thrown) {
    if (!(thrown instanceof TargetFault)) throw thrown;
    return { ...about, ok: false, message: thrown.message };
  }
}

async function judgeMapping(
  target: ScanTarget,
  { sections }: TargetHealth,
  { library, starts, libraryThere }: TryParts,
  signal: AbortSignal,
): Promise<Pick<Tried, 'ok' | 'message' | 'music_folder'>> {
  const { musicDir, titleOf } = library;
  // Mappings may be for a part of the library alone.
  const roots = [musicDir, ...starts.filter((path) => isInside(path, musicDir))];
  const root = roots.find((path) => target.map(path) !== undefined) ?? musicDir;
  const mapped = target.map(root);
  if (mapped === undefined)
    return {
      ok: false,
      message: `It answers, but no path mapping leads from ${musicDir} to a folder of it. Add one.`,
    };
  const music_folder = mapped === '' ? '/' : mapped;
  const told = sections.flatMap(({ folders }) => folders).join(', ') || 'none';
  if (!target.covers(mapped, sections))
    return {
      ok: false,
      music_folder,
      message: `It answers, but ${music_folder} is in none of its music libraries (${told}). Correct the path mappings.`,
    };
  if (!(await libraryThere()))
    return {
      ok: false,
      music_folder,
      message: 'It answers, but our own music folder is not there. Bring the disk back.',
    };
  const [first] = await ownFiles(musicDir, relative(musicDir, root), titleOf);
  const file = first && target.map(join(musicDir, first.path));
  if (!first || file === undefined)
    return { ok: true, music_folder, message: 'It answers, and has our music folder.' };
  const isThere = await target.has({ file, title: first.title, size_bytes: first.size_bytes }, signal);
  const message = isThere
    ? `It answers, has our music folder, and knows ${file}.`
    : `It answers, and ${music_folder} may be our music folder, but it does not know ${file} yet: let it scan, then try again.`;
  return { ok: true, music_folder, message };
}
