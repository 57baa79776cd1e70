import type { BenchCase, Findings, Stage } from './case.js';
import { commitMs } from './disk.js';
import { percentile, spread } from './figures.js';
import { startLoad, type LoadProcess } from './load-process.js';
import type { Command, CommandAsks } from './load/commands.js';
import { startMpd } from './mpd.js';
import type { Row } from './result.js';
import { ROOM, startTutti } from './tutti.js';

const ITEMS = 10_000;
const PAGE = 500;
const REPETITIONS = 5;
const TIMES = 20;
const GAP_MS = 15;

type Edit = 'add' | 'move' | 'remove' | 'undo';

const room = { room_id: ROOM };

/** (f) Edits of a very long queue: how long until the reply, and how much goes over the air. */
export const queueEdits: BenchCase = {
  key: 'f',
  title: 'Queue edits at 10,000 items',
  async run({ ground, shelf }: Stage): Promise<Findings> {
    const { musicDir, dataDir } = await shelf.small();
    const tutti = await startTutti(ground, { musicDir, dataDir });
    const load = startLoad<CommandAsks>(ground, 'commands');
    await load.ask('open', tutti.port, [`room/${ROOM}`]);
    const tracks = await fill(load);
    const mpd = await startMpd(ground, { musicDir });
    const files = await fillMpd(load, mpd.port);

    const taken: Record<Edit, number[][]> = { add: [], move: [], remove: [], undo: [] };
    const theirs: Record<'add' | 'move' | 'remove', number[][]> = { add: [], move: [], remove: [] };
    const bytes: Record<Edit, number[]> = { add: [], move: [], remove: [], undo: [] };
    await load.ask('eventBytes', 'queue:updated');
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      const round = await editRound(load, tracks, repetition, bytes);
      for (const edit of ['add', 'move', 'remove', 'undo'] as const) taken[edit].push(round[edit]);
      const mpdRound = await mpdEdits(load, files, repetition);
      for (const edit of ['add', 'move', 'remove'] as const) theirs[edit].push(mpdRound[edit]);
    }
    const rows: Row[] = [];
    for (const edit of ['add', 'move', 'remove', 'undo'] as const) {
      const peer = edit === 'undo' ? undefined : theirs[edit];
      rows.push(...timed(edit, taken[edit], peer));
    }
    for (const edit of ['add', 'move', 'remove', 'undo'] as const) rows.push(sized(edit, bytes[edit]));
    const small = await commitMs(ground.dir, 300);
    return {
      rows,
      notes: [
        `Every edit is on disk before its reply: one bare SQLite commit of 300 bytes took ${small.toFixed(2)} ms (median). MPD keeps its queue in memory and has no undo.`,
      ],
    };
  },
};

/** Puts all but one of the tracks in the queue, one command per thousand. The ids of the tracks. */
async function fill(load: LoadProcess<CommandAsks>): Promise<string[]> {
  const tracks: string[] = [];
  while (tracks.length < ITEMS) {
    const { value } = await load.ask('send', {
      type: 'library:tracks',
      body: { offset: tracks.length, limit: PAGE },
    });
    const { items } = value as { items: { track_id: string }[] };
    if (items.length === 0) throw new Error(`the library has only ${tracks.length} tracks`);
    tracks.push(...items.map(({ track_id }) => track_id));
  }
  await load.ask('send', { type: 'queue:clear', body: room });
  for (let at = 0; at < ITEMS - 1; at += PAGE) {
    const track_ids = tracks.slice(at, Math.min(at + PAGE, ITEMS - 1));
    await load.ask('send', { type: 'queue:add', body: { ...room, source: { track_ids } } });
  }
  return tracks;
}

/** Add, move, remove and undo in turn, at places all over the queue; the queue is as long afterwards as it was. */
async function editRound(
  load: LoadProcess<CommandAsks>,
  tracks: readonly string[],
  repetition: number,
  bytes: Record<Edit, number[]>,
): Promise<Record<Edit, number[]>> {
  const taken: Record<Edit, number[]> = { add: [], move: [], remove: [], undo: [] };
  const edit = async (kind: Edit, command: Command): Promise<unknown> => {
    const { ms, value } = await load.ask('send', command);
    taken[kind].push(ms);
    bytes[kind].push(...(await load.ask('eventBytes', 'queue:updated')));
    await new Promise((resolve) => setTimeout(resolve, GAP_MS));
    return value;
  };
  for (let n = 0; n < TIMES; n++) {
    const place = ((n + repetition * TIMES) * 97) % (ITEMS - 2);
    const source = { track_ids: [tracks[place]!] };
    const added = await edit('add', { type: 'queue:add', body: { ...room, source, at: place } });
    const { item_ids } = added as { item_ids: string[] };
    await edit('move', {
      type: 'queue:move',
      body: { ...room, item_ids, index: (place + 5000) % (ITEMS - 2) },
    });
    await edit('undo', { type: 'queue:undo', body: room });
    await edit('remove', { type: 'queue:remove', body: { ...room, item_ids } });
  }
  return taken;
}

async function fillMpd(load: LoadProcess<CommandAsks>, port: number): Promise<string[]> {
  await load.ask('mpdOpen', port);
  await load.ask('mpdUpdate');
  const { text } = await load.ask('mpdSend', 'listall');
  const files = [...text.matchAll(/^file: (.*)$/gm)].map((found) => found[1]!);
  await load.ask('mpdSend', 'add ""');
  await load.ask('mpdSend', `delete ${ITEMS - 1}`);
  return files;
}

async function mpdEdits(
  load: LoadProcess<CommandAsks>,
  files: readonly string[],
  repetition: number,
): Promise<Record<'add' | 'move' | 'remove', number[]>> {
  const taken = { add: [] as number[], move: [] as number[], remove: [] as number[] };
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, GAP_MS));
  for (let n = 0; n < TIMES; n++) {
    const place = ((n + repetition * TIMES) * 97) % (ITEMS - 2);
    const added = await load.ask('mpdSend', `addid "${files[place]!}" ${place}`);
    taken.add.push(added.ms);
    await pause();
    const id = /^Id: (\d+)/m.exec(added.text)?.[1] ?? '';
    taken.move.push((await load.ask('mpdSend', `moveid ${id} ${(place + 5000) % (ITEMS - 2)}`)).ms);
    await pause();
    taken.remove.push((await load.ask('mpdSend', `deleteid ${id}`)).ms);
    await pause();
  }
  return taken;
}

function timed(edit: Edit, ours: readonly number[][], theirs: readonly number[][] | undefined): Row[] {
  return ([0.5, 0.95] as const).map((p) => {
    const own = spread(ours.map((run) => percentile(run, p)));
    return {
      measure: `${edit} one -> reply, p${p * 100}`,
      unit: 'ms',
      ours: own,
      ...(theirs && { peer: { name: 'mpd', figure: spread(theirs.map((run) => percentile(run, p))) } }),
      target: { text: '<= 10 ms', met: own.median <= 10 },
    };
  });
}

function sized(edit: Edit, bytes: readonly number[]): Row {
  const own = spread(bytes);
  return {
    measure: `${edit} one: queue:updated`,
    unit: 'bytes',
    ours: own,
    target: { text: '<= 1000 bytes', met: own.high <= 1000 },
  };
}
