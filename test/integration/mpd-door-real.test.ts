import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mpd as driver } from '../../drivers/mpd/index.js';
import { startMpd, type RunningMpd } from '../fakes/real-mpd.js';
import { until } from '../until.js';
import { Line, MpdHouse } from './mpd-door-rig.js';

const run = promisify(execFile);

/** A room of Tutti beside a real MPD with the same music: what clients see of both must have one shape. */
let house: MpdHouse;
let mpd: RunningMpd;
let ours: Line;
let theirs: Line;

beforeAll(async () => {
  house = await MpdHouse.start();
  mpd = await startMpd({ musicDir: house.musicDir });
  ours = await house.line();
  theirs = await Line.connect(mpd.port);
  for (const line of [ours, theirs]) expect(await line.ask('findadd album One')).toBe('OK\n');
});

afterAll(async () => {
  theirs.socket.destroy();
  await mpd.stop();
  await house.close();
});

const keysOf = (answer: string): string[] => [
  ...new Set(answer.split('\n').flatMap((row) => /^([A-Za-z_-]+): /.exec(row)?.[1] ?? [])),
];
const ackOf = (answer: string): string =>
  /^ACK \[\d+@\d+\] \{[^}]*\}/m.exec(answer)?.[0] ?? answer.split('\n').at(-2) ?? '';

describe('beside a real MPD', () => {
  it.each([
    'status x', 'play 99', 'play x', 'play -2', 'playid 987654', 'playid x', 'pause 2', 'next', 'previous', 'seek 99 1',
    'seek x 1', 'seekid 987654 1', 'seekcur 1', 'setvol 101', 'setvol x', 'setvol', 'volume 200', 'repeat 2', 'repeat x',
    'random', 'delete 99', 'delete x', 'deleteid 987654', 'move 99 0', 'move 0 99', 'moveid 987654 0', 'swap 0 99',
    'swapid 1 987654', 'playlistinfo 99', 'playlistinfo x', 'playlistinfo 2:1', 'playlistid 987654', 'playlistid x',
    'plchanges', 'plchanges x', 'add nothing/there', 'addid nothing/there', 'addid', 'list', 'list nonsense',
    'list artist x', 'find', 'find artist', 'find nonsense x', 'find "(artist == x)"', 'find "(artist"',
    'find "(nonsense == \\"x\\")"', 'search', 'count', 'count artist', 'load nothing', 'rm nothing', 'rename nothing a',
    'listplaylist nothing', 'listplaylistinfo nothing', 'lsinfo nothing', 'listall nothing', 'partition nothing',
    'enableoutput 99', 'enableoutput x', 'toggleoutput 99', 'nonsense', 'nonsense x', '1', 'pl-ay',
    'add "open', 'add "a"b', "add 'x'", 'add a"b', 'idle nonsense', 'binarylimit 1', 'tagtypes nonsense',
    'tagtypes enable nonsense', 'tagtypes enable', 'ping', 'ping x', 'crossfade x', 'single x', 'albumart nothing 0',
    'readpicture nothing 0', 'albumart x', 'command_list_end', 'password', 'commands x', 'playlistfind artist',
    'find artist x window x', 'find artist x sort nonsense', 'list album group nonsense', 'decoders x', 'noidle',
  ].filter((line) => line !== 'noidle' && line !== '1'))('%s is answered with the same number', async (line) => {
    const [mine, other] = [await house.line(), await Line.connect(mpd.port)];
    const [here, there] = [await mine.ask(line), await other.ask(line)];
    mine.socket.destroy();
    other.socket.destroy();
    expect(ackOf(here)).toBe(ackOf(there));
  }); // prettier-ignore

  it('a failing command in a list has the same place', async () => {
    for (const text of [
      'command_list_begin\nping\nstatus\nplay 99\nping',
      'command_list_ok_begin\nping\nnonsense',
    ]) {
      const answers = [];
      for (const line of [ours, theirs]) {
        line.socket.write(`${text}\n`);
        answers.push(ackOf(await line.ask('command_list_end')));
      }
      expect(answers[0]).toBe(answers[1]);
    }
  });

  it.each([
    ['status', ['lastloadedplaylist']],
    ['currentsong', ['Last-Modified', 'Format', 'Track', 'Disc', 'AlbumArtist']],
    ['playlistinfo', ['Last-Modified', 'Format', 'Track', 'AlbumArtist']],
    ['find album One', ['Last-Modified', 'AlbumArtist']],
    ['list album', []],
    ['list album group artist', []],
    ['count album One', []],
    ['stats', []],
    ['outputs', ['attribute']],
    ['listpartitions', []],
    ['replay_gain_status', []],
  ])('%s has the same keys', async (command, others) => {
    const keys = async (line: Line): Promise<string[]> =>
      keysOf(await line.ask(command)).filter((key) => !others.includes(key));
    expect((await keys(ours)).sort()).toEqual((await keys(theirs)).sort());
  });

  it('status has the same keys while it plays and while it is paused, but for what a room cannot know', async () => {
    for (const command of ['play 1', 'pause 1']) {
      for (const line of [ours, theirs]) expect(await line.ask(command)).toBe('OK\n');
      await until('it plays', async () => (await theirs.status('duration')) !== undefined);
      await until('ours does', async () => (await ours.status('duration')) !== undefined);
      const keys = async (line: Line): Promise<string[]> => keysOf(await line.ask('status'));
      const differ = new Set(['bitrate', 'audio']);
      expect((await keys(ours)).sort()).toEqual(
        (await keys(theirs)).filter((key) => !differ.has(key)).sort(),
      );
    }
    for (const line of [ours, theirs]) await line.ask('stop');
  });

  it.each([
    'list album', 'list artist', 'list title', 'list title album One', 'list album group artist',
    'list album "((artist == \\"The Oscillators\\") AND (album != \\"One\\"))"', 'list genre', 'count album Two',
    'count album One group title', 'search title "one 2" window 0:0',
  ])('%s has the same answer', async (line) => {
    expect(await ours.ask(line)).toBe(await theirs.ask(line));
  }); // prettier-ignore

  it('knows the commands that mpc and its like use', async () => {
    const known = await ours.values('commands', 'command');
    const missing = (await theirs.values('commands', 'command')).filter((name) => !known.includes(name));
    expect(missing.sort()).toEqual([
      'addtagid', 'channels', 'cleartagid', 'config', 'delpartition', 'getfingerprint', 'kill', 'listmounts',
      'mixrampdb', 'mixrampdelay', 'mount', 'newpartition', 'outputset', 'playlistmove', 'prio',
      'prioid', 'rangeid', 'readcomments', 'readmessages', 'sendmessage', 'subscribe', 'unmount', 'unsubscribe',
    ]); // prettier-ignore
  });
});

const PYTHON = `
import mpd, sys, threading
port = int(sys.argv[1])
client = mpd.MPDClient()
client.timeout = 20
client.connect('127.0.0.1', port)
assert client.mpd_version == '0.23.5', client.mpd_version
client.clear()
songs = client.find('album', 'Two')
assert [song['title'] for song in songs] == ['Two 1', 'Two 2', 'Two 3'], songs
ids = [client.addid(song['file']) for song in songs]
client.play(1)
status = client.status()
assert status['state'] == 'play' and status['songid'] == ids[1], status
assert client.currentsong()['title'] == 'Two 2'
heard = []
def listen():
    other = mpd.MPDClient()
    other.timeout = 20
    other.connect('127.0.0.1', port)
    ready.set()
    heard.extend(other.idle('options'))
ready = threading.Event()
thread = threading.Thread(target=listen)
thread.start()
ready.wait(10)
while thread.is_alive():
    client.random(1)
    client.random(0)
    thread.join(0.05)
assert heard == ['options'], heard
client.command_list_ok_begin()
client.status()
client.playlistinfo()
status, queue = client.command_list_end()
assert len(queue) == 3 and queue[0]['pos'] == '0', queue
cover = client.albumart(client.find('album', 'One')[0]['file'])
assert cover['binary'][:2] == b'\\xff\\xd8', cover
assert [row['album'] for row in client.list('album')] == ['One', 'Two'], client.list('album')
client.moveid(ids[0], 2)
assert [song['id'] for song in client.playlistinfo()] == [ids[1], ids[2], ids[0]]
try:
    client.play(77)
    raise SystemExit('play 77 was obeyed')
except mpd.CommandError as error:
    assert str(error).startswith('[2@0] {play}'), error
client.stop()
print('fine')
`;

describe('others', () => {
  it('python3-mpd plays, listens, reads covers and sees errors', async () => {
    const { stdout } = await run('/usr/bin/python3', ['-c', PYTHON, String(house.port('desk'))]).catch(
      (error: Error) => {
        if (error.message.includes("No module named 'mpd'"))
          throw new Error('python3-mpd is missing: apt install python3-mpd', { cause: error });
        throw error;
      },
    );
    expect(stdout).toBe('fine\n');
  });

  it('ncmpcpp shows the queue, plays what is chosen, and turns the volume', async () => {
    for (const [program, version] of [
      ['ncmpcpp', '--version'],
      ['tmux', '-V'],
    ] as const)
      await run(program, [version]).catch((cause: Error) => {
        throw new Error(`${program} is missing: apt install ${program}`, { cause });
      });
    await house.mpc('desk', 'clear');
    await house.mpc('desk', 'add', 'The Oscillators/Two');
    const tmux = async (...args: string[]): Promise<string> =>
      (await run('tmux', ['-S', join(house.dir, 'tmux'), '-f', '/dev/null', ...args])).stdout;
    const screen = (): Promise<string> => tmux('capture-pane', '-p', '-t', 'n');
    const start = `env HOME=${house.dir} ncmpcpp -h 127.0.0.1 -p ${house.port('desk')}`;
    await tmux('new-session', '-d', '-s', 'n', '-x', '100', '-y', '20', start);
    try {
      await until('the queue is shown', async () => (await screen()).includes('Two 3'));
      await tmux('send-keys', '-t', 'n', 'Down', 'Enter');
      await until('the second plays', () => {
        const { kept, live, queue } = house.room('desk');
        return live.state === 'playing' && queue.items[1]?.item_id === kept.item_id;
      });
      const { volume } = house.room('desk').kept;
      await tmux('send-keys', '-t', 'n', '-l', '+');
      await until('it is louder', () => house.room('desk').kept.volume > volume);
      await tmux('send-keys', '-t', 'n', '4');
      await until('the library is shown', async () => (await screen()).includes('01 - One 1'));
    } finally {
      await tmux('kill-server');
    }
  });

  it('a Tutti does not take a room of a Tutti for a loudspeaker', () => {
    const service = { name: 'Bath', host: 'pi.local', port: 6610, addresses: ['192.0.2.1'] };
    expect(driver.mdns?.found({ ...service, txt: {} })).toBeDefined();
    expect(driver.mdns?.found({ ...service, txt: { tutti: 'bath' } })).toBeUndefined();
  });
});
