import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Program, or a file by its path -> the Debian package that has it. */
const NEEDED: Readonly<Record<string, string>> = {
  mpv: 'mpv',
  mpd: 'mpd',
  mpc: 'mpc',
  ffmpeg: 'ffmpeg',
  aplay: 'alsa-utils',
  pulseaudio: 'pulseaudio',
  pactl: 'pulseaudio-utils',
  snapserver: 'snapserver',
  snapclient: 'snapclient',
  gcc: 'gcc',
  ip: 'iproute2',
  '/usr/include/stdio.h': 'libc6-dev',
  '/usr/include/alsa/asoundlib.h': 'libasound2-dev',
};

function isHere(program: string): boolean {
  if (program.startsWith('/')) return existsSync(program);
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  return path.split(':').some((dir) => dir !== '' && existsSync(join(dir, program)));
}

/** Installs what is missing when we are root; otherwise throws with the command that does. */
export async function needPrograms(print: (line: string) => void): Promise<void> {
  const missing = [
    ...new Set(Object.entries(NEEDED).flatMap(([name, from]) => (isHere(name) ? [] : [from]))),
  ];
  if (missing.length === 0) return;
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
  if (process.getuid?.() !== 0) throw new Error(`missing: ${missing.join(', ')}. sudo ${command.join(' ')}`);
  print(`Installing ${missing.join(', ')}`);
  // At run level 1 packages start no services: the bench runs its own snapserver.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await run('apt-get', ['update'], { env });
  await run(command[0]!, command.slice(1), { env });
}

const REAL_TIME = ['chrt', '-r', '10'] as const;

/** The words that give a program real-time priority; none when we may not. */
export async function realTime(): Promise<readonly string[]> {
  return run(REAL_TIME[0], [...REAL_TIME.slice(1), 'true']).then(
    () => REAL_TIME,
    () => [],
  );
}
