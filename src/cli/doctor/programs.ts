import { fail, ok, warn, type Finding } from './finding.js';

/** What a program said, or undefined when there is none of this name. */
export type RunProgram = (
  program: string,
  words: readonly string[],
  signal?: AbortSignal,
) => Promise<{ readonly code: number; readonly text: string } | undefined>;

const NODE = [20, 19] as const;
const MPV = [0, 35] as const;

/** `version` is that of the Node that runs this: `20.20.1`. */
export function checkNode(version: string): Finding {
  if (atLeast(version, NODE)) return ok(version);
  return fail(
    `${version}; Tutti needs ${NODE.join('.')} or newer`,
    'curl -fsSL https://deb.nodesource.com/setup_22.x | sudo -E bash - && sudo apt-get install -y nodejs',
  );
}

/** `wanted`: whether the settings want this machine to make sound itself. */
export async function checkMpv(run: RunProgram, wanted: boolean, signal?: AbortSignal): Promise<Finding> {
  const version = versionIn(await run('mpv', ['--no-config', '--version'], signal));
  const install = 'sudo apt-get install -y mpv';
  if (version === undefined && !wanted) return ok('not installed, and not needed: local_output is off');
  if (version === undefined) return fail('not installed: this machine itself makes no sound', install);
  if (/^\d/.test(version) && !atLeast(version, MPV))
    return fail(`${version}; ${MPV.join('.')} or newer is needed`, `sudo apt-get update && ${install}`);
  return ok(version);
}

export async function checkFfmpeg(run: RunProgram, signal?: AbortSignal): Promise<Finding> {
  const version = versionIn(await run('ffmpeg', ['-hide_banner', '-version'], signal));
  const install = 'sudo apt-get install -y ffmpeg';
  if (version === undefined)
    return fail('not installed: players get no music they cannot decode, pages no small pictures', install);
  const encoders = (await run('ffmpeg', ['-hide_banner', '-encoders'], signal))?.text ?? '';
  const missing = ['flac', 'libmp3lame'].filter((name) => !encoders.includes(` ${name} `));
  if (missing.length > 0)
    return warn(`${version}, without the encoder ${missing.join(' and ')}`, `${install} --reinstall`);
  return ok(version);
}

/** The word after the name, in the first line. */
function versionIn(ran: { readonly code: number; readonly text: string } | undefined): string | undefined {
  if (ran?.code !== 0) return undefined;
  return /^\S+(?: version)? (\S+)/.exec(ran.text)?.[1] ?? 'of an unknown version';
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, first = '0', second = '0'] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(first) > major || (Number(first) === major && Number(second) >= minor);
}
