import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SCOPES } from '../../src/protocol/index.js';
import { until } from '../until.js';
import { DOCS, DocsHouse, examplesOf } from './docs-rig.js';

const RUN_HERE = {
  shell: [
    'token',
    'define',
    'volume-up',
    'what-plays',
    'play',
    'play-album',
    'announce',
    'group',
    'follow',
    'mpc',
  ],
  python: ['define', 'volume-up', 'what-plays', 'play', 'play-album', 'announce', 'group'],
  'python alone': ['frames', 'client', 'mpd'],
};
const RUN_ELSEWHERE = {
  'python alone': ['ha-push'],
  yaml: ['ha-secrets', 'ha-package'],
  openhab: ['things', 'items', 'tutti-percent.js', 'tutti-volume.js', 'tutti-mute.js', 'rules'],
};

let house: DocsHouse;
beforeAll(async () => (house = await DocsHouse.start()));
afterAll(() => house.close());
afterEach(() => house.quiet());

it('every example of the page is run by a test', () => {
  const run = [RUN_HERE, RUN_ELSEWHERE].flatMap((table) =>
    Object.entries(table).flatMap(([kind, names]) => names.map((name) => `${kind}, ${name}`)),
  );
  const shown = examplesOf('home-automation.md').map(({ kind, name }) => `${kind}, ${name}`);
  expect(shown.toSorted()).toEqual(run.toSorted());
});

it('its links lead somewhere, and it names every scope that is for programs of a home', () => {
  const anchors = (text: string): string[] =>
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title!.toLowerCase().replaceAll(' ', '-'));
  const page = readFileSync(join(DOCS, 'home-automation.md'), 'utf8');
  for (const [, file = '', anchor] of page.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)) {
    const text = file === '' ? page : readFileSync(join(DOCS, file), 'utf8');
    if (anchor !== undefined) expect(anchors(text), `${file}#${anchor}`).toContain(anchor);
  }
  const scopes = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, scope]) => scope);
  expect(scopes).toEqual(SCOPES.filter((scope) => scope !== 'satellite'));
});

it('the first lines give a token that lets in', async () => {
  const text = `${house.example('shell', 'token')}\n${house.example('shell', 'define')}\ntutti GET account`;
  const { said } = await house.run('bash', text);
  expect(JSON.parse(said)).toMatchObject({ role: 'device', name: 'Home automation', scopes: ['control'] });
});

describe.each(['shell', 'python'] as const)('with %s', (language) => {
  const run = (name: string): Promise<string> => house[language](name);

  it('the kitchen gets louder', async () => {
    await run('volume-up');
    expect((await house.playback()).volume).toBeCloseTo(0.55);
    await house.ask('PUT', 'rooms/kitchen/volume', { volume: 0.98 });
    await run('volume-up');
    expect((await house.playback()).volume).toBe(1);
  });

  it('it is known what plays, and that nothing does', async () => {
    expect(await run('what-plays')).toMatch(/^stopped:? nothing\n$/);
    await house.playAlbum();
    expect(await run('what-plays')).toMatch(/^playing:? Kind of Blue 1\n$/);
  });

  it('the music goes on', async () => {
    await house.playAlbum();
    await house.ask('POST', 'rooms/kitchen/pause');
    await run('play');
    await house.becomes('playing', 'Kind of Blue 1');
  });

  it('an album plays by its name', async () => {
    await run('play-album');
    await house.becomes('playing', 'Kind of Blue 1');
    expect((await house.playback()).queue_length).toBe(2);
  });

  it('two rooms hear an announcement', async () => {
    const said = await run('announce');
    for (const room of ['kitchen', 'living-room']) expect(said).toContain(room);
    expect(said).toMatch(/applied/);
  });

  it('the living room plays with the kitchen and goes home again', async () => {
    const follower = house.begin('python', house.example('python alone', 'frames'));
    await follower.says('"subscribed"');
    await run('group');
    expect(await house.together()).toEqual(['kitchen']);
    await follower.says('"player_ids":["kitchen","living-room"]');
    await follower.end();
  });
});

describe('changes arrive', () => {
  it('in the shell, by small questions', async () => {
    const follower = house.begin(
      'bash',
      `${house.example('shell', 'define')}\n${house.example('shell', 'follow')}`,
    );
    await follower.says('stopped: nothing');
    await house.playAlbum();
    await follower.says('playing: Kind of Blue 1');
    await house.ask('POST', 'rooms/kitchen/next');
    await follower.says('playing: Kind of Blue 2');
    await house.ask('POST', 'rooms/kitchen/pause');
    await follower.says('paused: Kind of Blue 2');
    expect(new Set(follower.lines).size).toBe(follower.lines.length);
    await follower.end();
  });

  it('as bare frames, with the answers to sign-in and command', async () => {
    const follower = house.begin('python', house.example('python alone', 'frames'));
    await follower.says('{"type":"reply","id":"1","ok":true,"data":{"role":"device"');
    await follower.says('{"type":"reply","id":"3","ok":true,"data":{"outcomes"');
    expect((await house.playback()).volume).toBe(0.3);
    await house.playAlbum();
    await follower.says('"type":"playback:track"');
    await follower.end();
  });

  it('through the client', async () => {
    const follower = house.begin('python', house.example('python alone', 'client'));
    await follower.says('stopped: nothing');
    await until('it is turned', async () => (await house.playback()).volume === 0.25);
    await house.playAlbum();
    await follower.says('playing: Kind of Blue 1 (The Oscillators)');
    await follower.end();
  });
});

describe('as an MPD', () => {
  it('mpc plays an album', async () => {
    const text = `set -euo pipefail\n${house.example('shell', 'mpc')}`;
    expect((await house.run('bash', text)).said).toContain('The Oscillators - Kind of Blue 1');
    await house.becomes('playing', 'Kind of Blue 1');
    expect(await house.playback()).toMatchObject({ volume: 0.3, queue_length: 2 });
  });

  it('python3-mpd hears of every change', async () => {
    const follower = house.begin('python', house.example('python alone', 'mpd'));
    await until('it is turned', async () => (await house.playback()).volume === 0.3);
    await follower.says('stop 30 nothing');
    await house.playAlbum();
    await follower.says('play 30 Kind of Blue 1');
    await follower.end();
  });
});
