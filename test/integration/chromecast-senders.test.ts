import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../until.js';
import { CastRig } from './chromecast-rig.js';

const run = promisify(execFile);
const MISSING =
  'two other senders are needed: apt install python3-pychromecast vlc-bin vlc-plugin-base (and root, or not being root, for VLC)';

/** What a sender of another author does with our receiver. Prints a line for each thing that came true. */
const SENDER = `
import sys, time, uuid, pychromecast
port, first, second, broken = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
cast = pychromecast.get_chromecast_from_host(('127.0.0.1', port, uuid.uuid4(), 'Chromecast Audio', 'Fake'))
cast.wait(30)
media = cast.media_controller

def holds(what, condition):
    end = time.time() + 30
    while not condition():
        if time.time() > end:
            raise SystemExit('never: ' + what)
        time.sleep(0.02)
    print(what, flush=True)

def plays():
    return media.status.player_state == 'PLAYING'

media.play_media(first, 'audio/flac', title='Ein Ton', current_time=3)
media.block_until_active(30)
holds('plays', lambda: plays() and media.status.title == 'Ein Ton' and media.status.current_time >= 3)
media.pause()
holds('pauses', lambda: media.status.player_state == 'PAUSED')
media.seek(7.5)
holds('seeks', lambda: abs(media.status.current_time - 7.5) < 0.1)
media.play()
holds('goes on', plays)
cast.set_volume(0.25)
holds('volume', lambda: abs(cast.status.volume_level - 0.25) < 0.01)
cast.set_volume_muted(True)
holds('mutes', lambda: cast.status.volume_muted)
media.play_media(second, 'audio/flac', enqueue=True)
time.sleep(0.3)
media.queue_next()
holds('next', lambda: media.status.content_id == second and plays())
holds('ends', lambda: media.status.player_state == 'IDLE' and media.status.idle_reason == 'FINISHED')
media.play_media(broken, 'audio/flac')
holds('fails', lambda: media.status.player_state in ('IDLE', 'UNKNOWN') and media.status.idle_reason != 'FINISHED')
media.play_media(first, 'audio/flac')
holds('plays again', lambda: media.status.content_id == first and plays())
media.stop()
holds('stops', lambda: media.status.player_state in ('IDLE', 'UNKNOWN'))
cast.quit_app()
holds('quits', lambda: cast.status.app_id is None)
cast.disconnect()
`;

let rig: CastRig;

beforeEach(async () => {
  rig = await CastRig.start();
});

afterEach(async () => {
  await rig.close();
});

/** Not over before the senders are done with it, however slow they are. */
const LONG_SECONDS = 90;

describe('the receiver that stands for a Chromecast', { timeout: 120_000 }, () => {
  it('is one for pychromecast', async () => {
    const [first, second] = [await rig.tone(9, LONG_SECONDS), await rig.tone(2, 4)];
    const urls = [rig.url(first), rig.url(second), rig.url({ ...first, url_path: '/none.flac' })];
    const args = ['-c', SENDER, String(rig.receiver.port), ...urls];
    const { stdout } = await run('/usr/bin/python3', args, { timeout: 90_000 }).catch((cause: unknown) => {
      throw new Error(`pychromecast failed. ${MISSING}`, { cause });
    });
    const came = 'plays, pauses, seeks, goes on, volume, mutes, next, ends, fails, plays again, stops, quits';
    expect(stdout.trim().split('\n').join(', ')).toBe(came);
    expect(rig.receiver.failures).toEqual([]);
  });

  it('is one for VLC, which our driver sees as somebody else, and takes over from', async () => {
    const link = await rig.connect();
    const home = await mkdtemp(join(tmpdir(), 'tutti-vlc-'));
    const tone = await rig.tone(9, LONG_SECONDS);
    const file = join(home, 'tone.mp3');
    await run('ffmpeg', ['-v', 'error', '-y', '-i', tone.path ?? '', '-b:a', '192k', file]);
    await chmod(home, 0o777);
    await chmod(file, 0o644);
    let vlc = startVlc(home, file, rig.receiver.port);
    // VLC has deadlines of its own: where everything is slow it gives up, and is begun again.
    const heard = (): boolean => {
      if (vlc.exitCode !== null) vlc = startVlc(home, file, rig.receiver.port);
      return rig.receiver.media.state === 'PLAYING';
    };
    try {
      await until('VLC is heard', heard, 60_000).catch((cause: unknown) => {
        throw new Error(`VLC does not play. ${MISSING}`, { cause });
      });
      await until('it moves', async () => (await rig.receiver.media.position()) > 0.5);
      const control = await link.next('control', 'elsewhere', (fact) => fact.foreign?.title === 'tone.mp3');
      expect(control.elsewhere).toBe(true);
      await link.run({ type: 'take-over' });
      await rig.play(link, await rig.tone(1, 4));
      expect(rig.receiver.failures).toEqual([]);
    } finally {
      await end(vlc);
      await rm(home, { recursive: true, force: true });
    }
  });
});

/** VLC will not run as root. */
function startVlc(home: string, file: string, port: number): ChildProcess {
  const sout = `#chromecast{ip=127.0.0.1,port=${port}}`;
  const vlc = ['cvlc', '-I', 'dummy', file, '--sout', sout, '--demux-filter=demux_chromecast'];
  const asNobody = ['runuser', '-u', 'nobody', '--', 'env', `HOME=${home}`, ...vlc];
  const [program = '', ...args] = process.getuid?.() === 0 ? asNobody : vlc;
  return spawn(program, args, { stdio: 'ignore', cwd: home, detached: true });
}

/** `runuser` and `cvlc` start others: the whole group goes. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid, 'SIGKILL');
  await gone;
}
