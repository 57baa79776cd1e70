import type { Binding, InputAction } from '../protocol/index.js';

const USUAL: Readonly<Record<InputAction, string>> = {
  play_pause: 'KEY_PLAYPAUSE KEY_PLAYCD KEY_MEDIA',
  play: 'KEY_PLAY',
  pause: 'KEY_PAUSECD KEY_PAUSE',
  stop: 'KEY_STOPCD KEY_STOP',
  next: 'KEY_NEXTSONG KEY_NEXT KEY_CHANNELUP',
  previous: 'KEY_PREVIOUSSONG KEY_PREVIOUS KEY_CHANNELDOWN',
  volume_up: 'KEY_VOLUMEUP REL_DIAL+ REL_WHEEL+ REL_X+',
  volume_down: 'KEY_VOLUMEDOWN REL_DIAL- REL_WHEEL- REL_X-',
  mute: 'KEY_MUTE',
  seek_forward: 'KEY_FASTFORWARD',
  seek_back: 'KEY_REWIND',
  shuffle: 'KEY_SHUFFLE',
  repeat: '',
  sleep: '',
  snooze: '',
  alarm_stop: '',
  playlist: '',
};
/** What these mean only where there is nothing else on the thing: on a keyboard people write with them. */
const OF_REMOTES: Readonly<Partial<Record<InputAction, string>>> = {
  play_pause: 'KEY_OK KEY_ENTER KEY_SELECT',
  next: 'KEY_RIGHT',
  previous: 'KEY_LEFT',
  volume_up: 'KEY_UP',
  volume_down: 'KEY_DOWN',
};

/** What the keys of an input do until somebody says otherwise: media keys mean what is printed on them. */
export function defaultBindings(kind: string, keys: readonly string[]): Binding[] {
  const has = new Set(keys);
  const bindings: Binding[] = [];
  const add = (table: Readonly<Partial<Record<InputAction, string>>>): void => {
    for (const [action, names] of Object.entries(table))
      for (const key of names.split(' '))
        if (has.has(key)) bindings.push({ key, gesture: 'press', action: action as InputAction });
  };
  add(USUAL);
  if (kind === 'remote') add(OF_REMOTES);
  return bindings;
}
