import { positionAt, type Repeat } from '../protocol/index.js';
import { needing, type Asking, type MpdCommands } from './asking.js';
import { ACK, parseInteger, parseSeconds, parseSwitch, parseUnsigned, Refusal } from './wire.js';

const control = needing('control');

/** What plays, and how loud. */
export const playerCommands: MpdCommands = {
  play: control(0, 1, (asking) => play(asking, placeArgument(asking))),
  playid: control(0, 1, (asking) => {
    const [text] = asking.args;
    const id = text === undefined ? -1 : parseInteger(text, -1);
    return play(asking, id === -1 ? undefined : asking.placeOf(id));
  }),
  pause: control(0, 1, pause),
  stop: control(0, 0, async (asking) => void (await asking.run('room:stop', here(asking)))),
  next: control(0, 0, async (asking) => {
    requirePlaying(asking);
    await asking.run('room:next', here(asking));
  }),
  previous: control(0, 0, previous),
  seek: control(2, 2, (asking) => seek(asking, parseUnsigned(asking.arg(0)))),
  seekid: control(2, 2, (asking) => seek(asking, asking.placeOf(parseInteger(asking.arg(0), 0)))),
  seekcur: control(1, 1, seekCurrent),
  setvol: control(1, 1, (asking) => setVolume(asking, percent(asking.arg(0)))),
  volume: control(1, 1, (asking) => {
    const change = parseInteger(asking.arg(0));
    if (Math.abs(change) > 100) throw new Refusal(ACK.argument, `Number too large: ${asking.arg(0)}`);
    return setVolume(asking, Math.min(100, Math.max(0, volumeOf(asking) + change)));
  }),
  getvol: {
    min: 0,
    max: 0,
    access: 'room',
    handle: (asking) => asking.out.pair('volume', volumeOf(asking)),
  },
  repeat: control(1, 1, (asking) => {
    const wanted = parseSwitch(asking.arg(0));
    const { repeat } = asking.room.kept;
    return setRepeat(asking, wanted ? (repeat === 'off' ? 'all' : repeat) : 'off');
  }),
  single: control(1, 1, single),
  random: control(1, 1, async (asking) => {
    const shuffle = parseSwitch(asking.arg(0));
    await asking.run('room:shuffle', { ...here(asking), shuffle });
  }),
  /** What was played stays in the queue. */
  consume: control(1, 1, (asking) => only(asking, '0', 'consume')),
  crossfade: control(1, 1, (asking) => only(asking, '0', 'crossfading')),
  replay_gain_mode: control(1, 1, (asking) => only(asking, 'off', 'a replay gain mode')),
};

export function here(asking: Asking): { room_id: string } {
  return { room_id: asking.client.roomId };
}

/** Something Tutti has only one setting of. */
function only(asking: Asking, setting: string, what: string): void {
  if (asking.arg(0) !== setting) throw new Refusal(ACK.argument, `Tutti does not have ${what}`);
}

function placeArgument({ args }: Asking): number | undefined {
  const place = args[0] === undefined ? -1 : parseInteger(args[0], -1);
  return place === -1 ? undefined : place;
}

async function play(asking: Asking, place: number | undefined): Promise<void> {
  if (place === undefined) {
    if (asking.view.queue.length > 0) await asking.run('room:play', here(asking));
    return;
  }
  const { item_id } = asking.itemAt(place);
  const { kept, live } = asking.room;
  // What plays already begins again, as with MPD.
  if (item_id === kept.item_id && live.state !== 'stopped' && live.duration_seconds !== undefined)
    await asking.run('room:seek', { ...here(asking), position_seconds: 0 });
  await asking.run('room:play', { ...here(asking), item_id });
}

async function pause(asking: Asking): Promise<void> {
  const { state } = asking.room.live;
  const [text] = asking.args;
  const wanted = text === undefined ? state !== 'paused' : parseSwitch(text);
  if (state === 'stopped') return;
  if (wanted) await asking.run('room:pause', here(asking));
  else if (state === 'paused') await asking.run('room:play', here(asking));
}

function requirePlaying(asking: Asking): number {
  const { kept, live } = asking.room;
  const place = kept.item_id === undefined ? undefined : asking.view.placeOfItem(kept.item_id);
  if (live.state === 'stopped' || place === undefined) throw new Refusal(ACK.player, 'Not playing');
  return place;
}

/** The item before, as MPD has it; what stands first begins again. */
async function previous(asking: Asking): Promise<void> {
  const place = requirePlaying(asking);
  const last = asking.view.queue.length - 1;
  const before = place > 0 ? place - 1 : asking.room.kept.repeat === 'all' ? last : 0;
  await play(asking, before);
}

/** `place` begins to play if it does not yet. */
async function seek(asking: Asking, place: number): Promise<void> {
  const position = parseSeconds(asking.arg(1));
  if (position < 0) throw new Refusal(ACK.argument, `Number is negative: ${asking.arg(1)}`);
  const { item_id } = asking.itemAt(place);
  const { kept, live } = asking.room;
  if (item_id !== kept.item_id || live.state === 'stopped')
    await asking.run('room:play', { ...here(asking), item_id });
  await asking.run('room:seek', { ...here(asking), position_seconds: position });
}

async function seekCurrent(asking: Asking): Promise<void> {
  const text = asking.arg(0);
  const seconds = parseSeconds(text);
  requirePlaying(asking);
  const { timeline, duration_seconds } = asking.room.live;
  const now = positionAt(timeline, asking.house.parts.clock.nowUs(), duration_seconds);
  const target = /^[+-]/.test(text) ? now + seconds : seconds;
  await asking.run('room:seek', { ...here(asking), position_seconds: Math.max(0, target) });
}

function percent(text: string): number {
  const value = parseUnsigned(text);
  if (value > 100) throw new Refusal(ACK.argument, `Number too large: ${text}`);
  return value;
}

/** A muted room stands at 0: MPD knows no other silence. */
function volumeOf({ room }: Asking): number {
  return room.kept.muted ? 0 : Math.round(room.kept.volume * 100);
}

async function setVolume(asking: Asking, volume: number): Promise<void> {
  await asking.run('room:volume', { ...here(asking), volume: volume / 100 });
  if (volume > 0 && asking.room.kept.muted) await asking.run('room:mute', { ...here(asking), muted: false });
}

async function setRepeat(asking: Asking, repeat: Repeat): Promise<void> {
  await asking.run('room:repeat', { ...here(asking), repeat });
}

/** MPD's repeat with single is Tutti's `one`; to stop after the item is something Tutti does not have. */
async function single(asking: Asking): Promise<void> {
  const text = asking.arg(0);
  const { repeat } = asking.room.kept;
  if (text === 'oneshot') throw new Refusal(ACK.argument, 'Tutti does not have single without repeat');
  const wanted = parseSwitch(text);
  if (!wanted && repeat === 'one') await setRepeat(asking, 'all');
  if (!wanted || repeat === 'one') return;
  if (repeat === 'off') throw new Refusal(ACK.argument, 'Tutti does not have single without repeat');
  await setRepeat(asking, 'one');
}
