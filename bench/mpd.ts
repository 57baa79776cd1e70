import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ground } from './ground.js';
import { answers, freePort, Program } from './program.js';

export interface Mpd {
  readonly port: number;
  readonly pid: number;
  /** From spawn to its greeting. */
  readonly startMs: number;
  stop(): Promise<void>;
}

let serial = 0;

/** The real mpd with a null output and a software mixer. `dir` keeps its database from one start to the next. */
export async function startMpd(
  ground: Ground,
  {
    musicDir,
    dir = join(ground.dir, `mpd-${++serial}`),
  }: { readonly musicDir?: string; readonly dir?: string },
): Promise<Mpd> {
  const music = musicDir ?? join(dir, 'music');
  await mkdir(dir, { recursive: true });
  await mkdir(music, { recursive: true });
  const port = await freePort();
  const conf = join(dir, 'mpd.conf');
  await writeFile(
    conf,
    [
      `music_directory "${music}"`,
      `playlist_directory "${dir}"`,
      `db_file "${join(dir, 'db')}"`,
      `log_file "${join(dir, 'log')}"`,
      'bind_to_address "127.0.0.1"',
      `port "${port}"`,
      'zeroconf_enabled "no"',
      'auto_update "no"',
      'max_connections "400"',
      'max_output_buffer_size "65536"',
      'max_playlist_length "200000"',
      'audio_output {',
      'type "null"',
      'name "bench"',
      'mixer_type "software"',
      '}',
      '',
    ].join('\n'),
  );
  const begun = performance.now();
  const program = ground.own(Program.spawn('mpd', ['--no-daemon', conf]));
  await answers(program, port, { wanted: 'OK MPD' });
  return {
    port,
    pid: program.pid,
    startMs: performance.now() - begun,
    stop: () => program.stop(),
  };
}
