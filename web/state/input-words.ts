import type { Input, InputAction, InputGesture } from '../../src/protocol/inputs.js';

/** What keys can do, in the order in which they are offered. */
export const ACTION_WORDS: Readonly<Record<InputAction, string>> = {
  play_pause: 'Play or pause',
  play: 'Play',
  pause: 'Pause',
  stop: 'Stop',
  next: 'Next',
  previous: 'Back',
  volume_up: 'Louder',
  volume_down: 'Quieter',
  mute: 'Mute or unmute',
  seek_forward: 'Forward 10 seconds',
  seek_back: 'Back 10 seconds',
  shuffle: 'Shuffle on or off',
  repeat: 'Repeat: off, all, one',
  sleep: 'Sleep timer of 30 minutes',
  snooze: 'Snooze the alarm',
  alarm_stop: 'Stop the alarm',
  playlist: 'Play a playlist',
};
export const ACTIONS = Object.keys(ACTION_WORDS) as InputAction[];

export const KIND_WORDS: Readonly<Record<Input['kind'], string>> = {
  keyboard: 'Keyboard',
  remote: 'Remote control',
  knob: 'Knob',
  buttons: 'Keys',
  gpio: 'Buttons on the header',
};

const KEY_WORDS: Readonly<Record<string, string>> = {
  PLAYPAUSE: 'Play/Pause',
  PLAYCD: 'Play',
  PAUSECD: 'Pause',
  STOPCD: 'Stop',
  NEXTSONG: 'Next track',
  PREVIOUSSONG: 'Previous track',
  VOLUMEUP: 'Volume up',
  VOLUMEDOWN: 'Volume down',
  FASTFORWARD: 'Fast forward',
  CHANNELUP: 'Channel up',
  CHANNELDOWN: 'Channel down',
  PAGEUP: 'Page up',
  PAGEDOWN: 'Page down',
  OK: 'OK',
  ESC: 'Esc',
};

/** `KEY_VOLUMEUP` -> `Volume up`, `REL_DIAL+` -> `Turn right`, `GPIO17` as it is. */
export function keyWords(key: string): string {
  const turn = /^REL_\w+([+-])$/.exec(key);
  if (turn) return turn[1] === '+' ? 'Turn right' : 'Turn left';
  const code = /^SCAN_(\w+)$/.exec(key)?.[1];
  if (code !== undefined) return `Key with the code ${code}`;
  const button = /^BTN_(\w+)$/.exec(key)?.[1];
  if (button !== undefined) return `Button ${button.toLowerCase()}`;
  const name = /^KEY_(\w+)$/.exec(key)?.[1];
  if (name === undefined) return key;
  const known = KEY_WORDS[name];
  if (known !== undefined) return known;
  if (/^\d{2,}$/.test(name)) return `Key ${name}`;
  const words = name.replace(/^NUMERIC_|^KP(?=\d)/, '').replaceAll('_', ' ');
  return words.slice(0, 1) + words.slice(1).toLowerCase();
}

/** `Volume up, held`. */
export function gestureWords(key: string, gesture: InputGesture): string {
  return gesture === 'hold' ? `${keyWords(key)}, held` : keyWords(key);
}
