import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { connect, type TuttiClient } from '../../src/client/index.js';
import { packageRoot } from '../../src/package-root.js';
import { Ground } from '../ground.js';
import { machine } from '../machine.js';
import { pause } from '../program.js';
import { Shelf } from '../shelf.js';
import { ROOM, startTutti } from '../tutti.js';
import { ownDisk, type OwnDisk } from './disk-of-own.js';

const SCHEDULE = 'backup';
/** The scan that finds nothing new is over then, and what it wrote is on the disk. */
const SETTLE_MS = 20_000;

interface Night {
  readonly name: string;
  readonly diskKb: number;
  readonly seconds: number;
  readonly said: string;
}

/** What the backup of a night writes to the card of a house with 100,000 tracks. */
export async function runNights(print: (line: string) => void): Promise<void> {
  const here = await machine();
  const [ground, shelf] = [await Ground.open(), await Shelf.open()];
  const disk = await ownDisk(ground.dir);
  if (!disk) return print('A disk of its own has to be mounted here (that needs root).');
  let stop: (() => Promise<void>) | undefined;
  try {
    print('100,000 tracks are made and scanned ...');
    const { dataDir: scanned, musicDir } = await shelf.large();
    const dataDir = join(disk.path, 'state');
    await mkdir(dataDir);
    await copyFile(join(scanned, 'tutti.db'), join(dataDir, 'tutti.db'));
    const tutti = await startTutti(ground, { dataDir, musicDir, env: { TUTTI_SPACE_RESERVE_MB: '16' } });
    stop = () => tutti.stop();
    const client = connect({ url: `ws://127.0.0.1:${tutti.port}/ws`, WebSocket, topics: [] });
    await client.ready();
    await pause(SETTLE_MS);
    const nights = [await night('the first', client, disk), await night('nothing has changed', client, disk)];
    await client.send('room:rename', { room_id: ROOM, name: 'Another name' });
    nights.push(await night('a room has another name', client, disk));
    client.close();
    const text = report(
      nights,
      (await readFile(join(dataDir, 'tutti.db'))).length,
      `${here.commit}, ${here.cpu}`,
    );
    await writeFile(join(packageRoot, 'bench', 'results', 'nights.md'), text);
    print(text);
  } finally {
    await stop?.();
    await disk.close();
    await ground.close();
    await shelf.close();
  }
}

async function night(name: string, client: TuttiClient, disk: OwnDisk): Promise<Night> {
  await disk.sync();
  const [before, begun] = [disk.writtenKb(), performance.now()];
  await client.send('schedule:run', { schedule_id: SCHEDULE });
  for (;;) {
    await pause(100);
    const { schedules } = await client.send('schedule:list', {});
    const found = schedules.find(({ schedule_id }) => schedule_id === SCHEDULE);
    if (found?.running !== false) continue;
    const seconds = Math.round((performance.now() - begun) / 1000);
    await disk.sync();
    return { name, diskKb: disk.writtenKb() - before, seconds, said: found.last_message ?? '' };
  }
}

function report(nights: readonly Night[], databaseBytes: number, where: string): string {
  return [
    '# What the backup of a night writes',
    '',
    `A house with 100,000 tracks, whose database has ${(databaseBytes / 1e6).toFixed(1)} MB; ${where}. The disk is an ext4 file system of its own, and its`,
    'journal is in the figure.',
    '',
    '| night | kB to the disk | s | what it said |',
    '|---|---|---|---|',
    ...nights.map(
      ({ name, diskKb, seconds, said }) => `| ${name} | ${Math.round(diskKb)} | ${seconds} | ${said} |`,
    ),
    '',
  ].join('\n');
}
