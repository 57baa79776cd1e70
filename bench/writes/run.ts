import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { connect, type TuttiClient } from '../../src/client/index.js';
import { packageRoot } from '../../src/package-root.js';
import { Ground } from '../ground.js';
import { machine } from '../machine.js';
import { makeMusic, makeSound } from '../music.js';
import { pause } from '../program.js';
import { ROOM, startTutti } from '../tutti.js';
import { ownDisk } from './disk-of-own.js';

/** What is counted in one stretch of time. */
interface Stretch {
  readonly name: string;
  readonly minutes: number;
  /** What the kernel says the process has caused to be written. */
  readonly processKbPerHour: number;
  /** What reached the disk, journal and all. */
  readonly diskKbPerHour: number | undefined;
}

const TARGET_KB = 2000;
const SETTLE_MS = 45_000;
/** As long as songs are, and no number of minutes: what is written by the minute and what by the song then meet as they do at home. */
const TRACK_SECONDS = 217;
const TRACKS = 10;

/** How much is written for an hour of silence and an hour of music: what wears an SD card out. Words: minutes of each, default 10. */
export async function runWrites(
  [word = '10']: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  const minutes = Number(word);
  if (!(minutes > 0)) return print('npm run bench -- writes [minutes of each]');
  const here = await machine();
  const ground = await Ground.open();
  const disk = await ownDisk(ground.dir);
  if (!disk)
    print('No disk of its own can be mounted here (that needs root): only what the process says is counted.');
  let stop: (() => Promise<void>) | undefined;
  try {
    const dataDir = join(disk?.path ?? ground.dir, 'state');
    await mkdir(dataDir, { recursive: true });
    const musicDir = join(ground.dir, 'music');
    const sound = await makeSound(ground.dir, TRACK_SECONDS);
    await makeMusic(musicDir, { parts: [1], sound, songs: TRACKS });
    const tutti = await startTutti(ground, { dataDir, musicDir, env: { TZ: whereItIsNoon() } });
    stop = () => tutti.stop();
    const client = connect({
      url: `ws://127.0.0.1:${tutti.port}/ws`,
      WebSocket,
      topics: ['rooms', `room/${ROOM}`],
    });
    await client.ready();
    const stretch = async (name: string): Promise<Stretch> => {
      print(`${name}: ${minutes} minutes ...`);
      await pause(SETTLE_MS);
      await disk?.sync();
      const [process, written] = [await processKb(tutti.pid), disk?.writtenKb()];
      await pause(minutes * 60_000);
      await disk?.sync();
      const perHour = (kb: number): number => Math.round((kb * 60) / minutes);
      return {
        name,
        minutes,
        processKbPerHour: perHour((await processKb(tutti.pid)) - process),
        diskKbPerHour: disk && written !== undefined ? perHour(disk.writtenKb() - written) : undefined,
      };
    };
    const idle = await stretch('idle');
    await playForEver(client);
    const playing = await stretch('playing');
    client.close();
    const text = report([idle, playing], `${here.commit}, ${here.cpu}`);
    await writeFile(join(packageRoot, 'bench', 'results', 'writes.md'), text);
    print(text);
  } finally {
    // Whoever has files open there goes first; the folder of the ground, and what is mounted in it, last.
    await stop?.();
    await disk?.close();
    await ground.close();
  }
}

/** What comes by night, such as the backup, is in no figure whatever the hour of the run. */
function whereItIsNoon(): string {
  const behind = new Date().getUTCHours() - 12;
  return behind < 0 ? `Etc/GMT${behind}` : `Etc/GMT+${behind}`;
}

async function playForEver(client: TuttiClient): Promise<void> {
  for (;;) {
    const { items } = await client.send('library:albums', {});
    if (items.length > 0) {
      await client.send('queue:add', { room_id: ROOM, source: { album_id: items[0]!.album_id }, play: true });
      break;
    }
    await pause(500);
  }
  await client.send('room:repeat', { room_id: ROOM, repeat: 'all' });
}

async function processKb(pid: number): Promise<number> {
  const io = await readFile(`/proc/${pid}/io`, 'utf8');
  return Number(/^write_bytes: (\d+)$/m.exec(io)?.[1] ?? 0) / 1024;
}

function report(stretches: readonly Stretch[], where: string): string {
  const rows = stretches.map(({ name, minutes, processKbPerHour, diskKbPerHour }) => {
    const counted = diskKbPerHour ?? processKbPerHour;
    const verdict = name === 'playing' ? (counted <= TARGET_KB ? 'met' : 'MISSED') : '';
    return `| ${name}, ${minutes} min | ${processKbPerHour} | ${diskKbPerHour ?? 'not counted'} | ${verdict} |`;
  });
  return [
    '# Writes to the data folder',
    '',
    `kB per hour; ${where}. The disk is an ext4 file system of its own, and its journal is in the figure; the process figure is`,
    '`write_bytes` of `/proc/<pid>/io`. One room plays an album of tracks of 217 s, over and over. It is noon: the backup',
    'of each night, a copy of the database and its archive, is not in it.',
    '',
    '| | process | disk | <= 2000 playing |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
