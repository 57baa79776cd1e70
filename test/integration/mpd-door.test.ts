import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.js';
import { until } from '../until.js';
import { MpdHouse, valuesOf, type Line } from './mpd-door-rig.js';

let house: MpdHouse;
let line: Line;

beforeAll(async () => {
  house = await MpdHouse.start();
});

afterAll(async () => {
  await house.close();
});

beforeEach(async () => {
  for (const room_id of ['bath', 'desk']) {
    await house.send('room:stop', { room_id });
    await house.send('queue:clear', { room_id });
    await house.send('room:repeat', { room_id, repeat: 'off' });
    await house.send('room:shuffle', { room_id, shuffle: false });
  }
  line = await house.line();
});

describe('the mpc program', () => {
  it('fills a queue, plays it, and says what plays', async () => {
    await house.mpc('bath', 'add', 'The Oscillators/One');
    await house.mpc('bath', 'play', '2');
    await until('it plays', () => house.room('bath').live.state === 'playing');
    expect(await house.mpc('bath', 'status', '%state% %songpos% %length% %totaltime%')).toContain(
      'playing 2 3 0:20',
    );
    expect(await house.mpc('bath', 'current')).toBe('The Oscillators - One 2\n');
    expect(await house.mpc('bath', 'playlist')).toBe(
      'The Oscillators - One 1\nThe Oscillators - One 2\nThe Oscillators - One 3\n',
    );
  });

  it('pauses, goes on, skips and stops', async () => {
    await house.mpc('bath', 'findadd', 'album', 'One');
    await house.mpc('bath', 'play');
    await house.mpc('bath', 'next');
    expect(house.room('bath').queue.items[1]?.item_id).toBe(house.room('bath').kept.item_id);
    await house.mpc('bath', 'pause');
    expect(house.room('bath').live.state).toBe('paused');
    await house.mpc('bath', 'toggle');
    expect(house.room('bath').live.state).toBe('playing');
    await house.mpc('bath', 'seek', '0:10');
    await house.mpc('bath', 'prev');
    expect(house.room('bath').queue.items[0]?.item_id).toBe(house.room('bath').kept.item_id);
    await house.mpc('bath', 'stop');
    expect(house.room('bath').live.state).toBe('stopped');
  });

  it('turns the volume, and the modes Tutti has', async () => {
    await house.mpc('bath', 'volume', '30');
    await house.mpc('bath', 'volume', '+5');
    expect(house.room('bath').kept.volume).toBeCloseTo(0.35);
    await house.mpc('bath', 'repeat', 'on');
    await house.mpc('bath', 'single', 'on');
    expect(house.room('bath').kept.repeat).toBe('one');
    await expect(house.mpc('bath', 'consume', 'on')).rejects.toThrow('consume');
  });

  it('edits the queue: moves, deletes, crops and shuffles', async () => {
    await house.mpc('bath', 'searchadd', 'album', 'two');
    const [one, two, three] = house.room('bath').queue.items.map(({ title }) => title);
    await house.mpc('bath', 'move', '1', '3');
    expect(house.room('bath').queue.items.map(({ title }) => title)).toEqual([two, three, one]);
    await house.mpc('bath', 'del', '2');
    expect(house.room('bath').queue.items.map(({ title }) => title)).toEqual([two, one]);
    await house.mpc('bath', 'play', '2');
    await house.mpc('bath', 'crop');
    expect(house.room('bath').queue.items.map(({ title }) => title)).toEqual([one]);
    await house.mpc('bath', 'clear');
    expect(house.room('bath').queue.items).toEqual([]);
  });

  it('looks through the library', async () => {
    expect(await house.mpc('bath', 'ls')).toContain('The Oscillators');
    expect(await house.mpc('bath', 'ls', 'The Oscillators')).toBe(
      'The Oscillators/One\nThe Oscillators/Two\n',
    );
    expect(await house.mpc('bath', 'list', 'album', 'artist', 'The Oscillators')).toBe('One\nTwo\n');
    expect(await house.mpc('bath', 'list', 'title', '((album == "One") AND (title != "One 2"))')).toBe(
      'One 1\nOne 3\n',
    );
    expect((await house.mpc('bath', 'listall')).trim().split('\n')).toHaveLength(6);
    expect(await house.mpc('bath', 'stats')).toMatch(/Artists: +1\nAlbums: +2\nSongs: +6\n/);
  });

  it('keeps, lists, loads and removes playlists', async () => {
    await house.mpc('bath', 'findadd', 'album', 'One');
    await house.mpc('bath', 'save', 'Evening');
    await house.mpc('bath', 'clear');
    expect(await house.mpc('bath', 'lsplaylists')).toBe('Evening\n');
    await house.mpc('bath', 'load', 'Evening');
    expect(house.room('bath').queue.items).toHaveLength(3);
    await house.mpc('bath', 'rm', 'Evening');
    expect(await house.mpc('bath', 'lsplaylists')).toBe('');
  });

  it('is told what changes, by idle', async () => {
    let told = '';
    const over = house.mpc('bath', 'idle', 'mixer').then((text) => (told = text));
    let volume = 0;
    await until('mpc hears of it', async () => {
      volume = volume === 0.4 ? 0.5 : 0.4;
      await house.send('room:volume', { room_id: 'bath', volume });
      return told !== '';
    });
    await over;
    expect(told).toBe('mixer\n');
  });

  it('sees the players as outputs, and mutes one', async () => {
    expect(await house.mpc('bath', 'outputs')).toBe('Output 1 (Bath) is enabled\n');
    await house.mpc('bath', 'disable', '1');
    expect(house.store.state.players.get('bath')?.live.muted).toBe(true);
    await house.mpc('bath', 'enable', '1');
    expect(house.store.state.players.get('bath')?.live.muted).toBe(false);
  });
});

describe('a room as an MPD server', () => {
  it('gives every room a port of its own, and every port the other rooms by partition', async () => {
    expect(house.port('bath')).not.toBe(house.port('desk'));
    expect(await line.values('listpartitions', 'partition')).toEqual(['bath', 'desk']);
    expect(await line.status('partition')).toBe('bath');
    expect(await line.ask('partition desk')).toBe('OK\n');
    await line.ask('setvol 21');
    expect(house.room('desk').kept.volume).toBeCloseTo(0.21);
  });

  it('answers idle at once for what changed between', async () => {
    const { volume, repeat } = house.room('bath').kept;
    await line.ask('status');
    await house.send('room:volume', { room_id: 'bath', volume: volume > 0.5 ? 0.11 : 0.66 });
    await house.send('room:repeat', { room_id: 'bath', repeat: repeat === 'all' ? 'off' : 'all' });
    expect(await line.ask('idle mixer options')).toBe('changed: mixer\nchanged: options\nOK\n');
    line.socket.write('idle mixer options\n');
    expect(await line.ask('noidle')).toBe('OK\n');
  });

  it('says with plchanges what changed, and nothing else', async () => {
    await line.ask('add "The Oscillators/One"');
    const version = (await line.status('playlist')) ?? '';
    expect(await line.ask(`plchanges ${version}`)).toBe('OK\n');
    await line.ask('add "The Oscillators/Two"');
    expect(await line.values(`plchanges ${version}`, 'Pos')).toEqual(['3', '4', '5']);
    expect(await line.values(`plchangesposid ${version}`, 'cpos')).toEqual(['3', '4', '5']);
    await line.ask('move 5 4');
    const moved = await line.values(`plchanges ${Number(version) + 1}`, 'Pos');
    expect(moved).toEqual(['4', '5']);
  });

  it('keeps the numbers of items while they are moved', async () => {
    await line.ask('add "The Oscillators/One"');
    const [first, second, third] = await line.values('playlistinfo', 'Id');
    await line.ask('move 0 2');
    expect(await line.values('playlistinfo', 'Id')).toEqual([second, third, first]);
    expect(await line.values(`playlistid ${first}`, 'Pos')).toEqual(['2']);
  });

  it('adds at a place and says the number of the new item', async () => {
    await line.ask('add "The Oscillators/One"');
    const uri = (await line.values('find album Two', 'file'))[0];
    const [id] = await line.values(`addid "${uri}" 1`, 'Id');
    expect(await line.values(`playlistid ${id}`, 'Pos')).toEqual(['1']);
  });

  it('tells where a failing command stands in a list, and marks those before', async () => {
    line.socket.write('command_list_ok_begin\nping\nplay 99\nping\n');
    expect(await line.ask('command_list_end')).toBe('list_OK\nACK [2@1] {play} Bad song index\n');
  });

  it('adds the songs of a command list as one edit, and says which one is wrong', async () => {
    const [uri, next] = await line.values('find album One', 'file');
    line.socket.write(`command_list_ok_begin\nadd "${uri}"\nadd "${next}"\nadd "${uri}"\nping\n`);
    expect(await line.ask('command_list_end')).toBe(`${'list_OK\n'.repeat(4)}OK\n`);
    expect(house.room('bath').queue.items.map(({ title }) => title)).toEqual(['One 1', 'One 2', 'One 1']);
    await house.send('queue:undo', { room_id: 'bath' });
    expect(house.room('bath').queue.items).toEqual([]);
    line.socket.write(`command_list_begin\nadd "${uri}"\nadd "${next}x"\nadd "${uri}"\n`);
    expect(await line.ask('command_list_end')).toMatch(/^ACK \[50@1\] \{add\}/);
    expect(house.room('bath').queue.items).toHaveLength(1);
  });

  it('hands out covers in parts', async () => {
    const uri = (await line.values('find album One', 'file'))[0];
    await line.ask('binarylimit 1000');
    const answer = await line.ask(`readpicture "${uri}" 0`);
    expect(valuesOf(answer, 'type')).toEqual(['image/jpeg']);
    expect(valuesOf(answer, 'binary')).toEqual(['1000']);
    const size = Number(valuesOf(answer, 'size')[0]);
    expect(valuesOf(await line.ask(`albumart "${uri}" ${size - 10}`), 'binary')).toEqual(['10']);
  });

  it('plays a station by its address', async () => {
    await line.ask('add http://127.0.0.1:9/radio');
    expect(await line.values('playlistinfo', 'file')).toEqual(['http://127.0.0.1:9/radio']);
    expect(await line.values('playlistinfo', 'Title')).toEqual(['A station']);
    await line.ask('play');
    const { item_id: ref = '' } = house.room('bath').kept;
    const at = { position_seconds: 0, at_us: systemClock.nowUs(), rate: 1 };
    const fact = { type: 'playback', status: 'playing', ref, stream_title: 'A song', ...at } as const;
    house.store.commit({ type: 'player/fact', player_id: 'bath', fact });
    const song = await line.ask('currentsong');
    expect([valuesOf(song, 'Title'), valuesOf(song, 'Name')]).toEqual([['A song'], ['A station']]);
  });
});
