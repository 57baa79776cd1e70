import { describe, expect, it } from 'vitest';
import { judge } from './judge.js';
import type { Ours, OurSong } from './songs.js';
import { readStatus, type MpdStatus } from './status.js';

const song = (id: string, uri: string): OurSong => ({ ref: `ref-${id}`, id, uri, live: false });
const current = song('7', 'a.flac');
const next = song('8', 'b.flac');
const ours: Ours = { current, following: { stage: 'queued', song: next }, started: true, options: {} };

function status(fields: Readonly<Record<string, string>>): MpdStatus {
  return readStatus({ pairs: Object.entries(fields) });
}

describe('what a status means for our songs', () => {
  it('is nothing when none was loaded', () => {
    const nothing: Ours = { current: undefined, following: undefined, started: false, options: {} };
    expect(judge(status({ state: 'play', songid: '7' }), nothing)).toEqual({ type: 'none' });
  });

  it.each(['play', 'pause', 'stop'])("is ours while the current song is MPD's, in state %s", (state) => {
    expect(judge(status({ state, songid: '7' }), ours)).toEqual({ type: 'ours' });
  });

  it('is the next song when MPD went on', () => {
    expect(judge(status({ state: 'play', songid: '8' }), ours)).toEqual({ type: 'next' });
  });

  it('is displaced when another song was chosen, also one that stands still', () => {
    expect(judge(status({ state: 'stop', songid: '3' }), ours)).toEqual({ type: 'displaced' });
  });

  it('is over when MPD has no current song', () => {
    expect(judge(status({ state: 'stop' }), ours)).toEqual({ type: 'over' });
  });

  it('is a failure of the next song when its URI is in the text, though MPD still names the current one', () => {
    const seen = status({ state: 'stop', songid: '7', error: 'Failed to decode b.flac' });
    expect(judge(seen, ours)).toMatchObject({ type: 'failed', song: next });
  });

  it('is a failure of the current song when it never sounded', () => {
    const seen = status({ state: 'stop', songid: '7', error: 'Failed to open a.flac' });
    expect(judge(seen, { ...ours, started: false })).toMatchObject({ type: 'failed', song: current });
  });

  it('is a failure of the next song when both are the same file and the current one sounded', () => {
    const twins: Ours = { ...ours, following: { stage: 'queued', song: song('8', 'a.flac') } };
    const seen = status({ state: 'stop', songid: '7', error: 'Failed to decode a.flac' });
    expect(judge(seen, twins)).toMatchObject({ type: 'failed', song: { id: '8' } });
  });

  it('is no failure of ours while something plays, whatever error stands there', () => {
    expect(judge(status({ state: 'play', songid: '7', error: 'old' }), ours)).toEqual({ type: 'ours' });
  });
});
