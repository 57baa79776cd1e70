import { KEY, type RELATIVE } from './event-stream.js';

/** Names and numbers of the kernel's input-event-codes.h, as far as remotes, keyboards and panels of players have them. */
const RUNS: readonly (readonly [first: number, names: string])[] = [
  [
    1,
    'ESC 1 2 3 4 5 6 7 8 9 0 MINUS EQUAL BACKSPACE TAB Q W E R T Y U I O P LEFTBRACE RIGHTBRACE ENTER LEFTCTRL',
  ],
  [30, 'A S D F G H J K L SEMICOLON APOSTROPHE GRAVE LEFTSHIFT BACKSLASH Z X C V B N M COMMA DOT SLASH'],
  [54, 'RIGHTSHIFT KPASTERISK LEFTALT SPACE CAPSLOCK F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NUMLOCK SCROLLLOCK'],
  [71, 'KP7 KP8 KP9 KPMINUS KP4 KP5 KP6 KPPLUS KP1 KP2 KP3 KP0 KPDOT'],
  [87, 'F11 F12'],
  [
    96,
    'KPENTER RIGHTCTRL KPSLASH SYSRQ RIGHTALT LINEFEED HOME UP PAGEUP LEFT RIGHT END DOWN PAGEDOWN INSERT DELETE MACRO',
  ],
  [113, 'MUTE VOLUMEDOWN VOLUMEUP POWER KPEQUAL KPPLUSMINUS PAUSE SCALE'],
  [
    125,
    'LEFTMETA RIGHTMETA COMPOSE STOP AGAIN PROPS UNDO FRONT COPY OPEN PASTE FIND CUT HELP MENU CALC SETUP SLEEP WAKEUP FILE',
  ],
  [
    155,
    'MAIL BOOKMARKS COMPUTER BACK FORWARD CLOSECD EJECTCD EJECTCLOSECD NEXTSONG PLAYPAUSE PREVIOUSSONG STOPCD RECORD REWIND PHONE',
  ],
  [171, 'CONFIG HOMEPAGE REFRESH EXIT MOVE EDIT SCROLLUP SCROLLDOWN'],
  [183, 'F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 F24'],
  [
    200,
    'PLAYCD PAUSECD PROG3 PROG4 ALL_APPLICATIONS SUSPEND CLOSE PLAY FASTFORWARD BASSBOOST PRINT HP CAMERA SOUND QUESTION',
  ],
  [217, 'SEARCH'],
  [224, 'BRIGHTNESSDOWN BRIGHTNESSUP MEDIA'],
  [248, 'MICMUTE'],
  [
    352,
    'OK SELECT GOTO CLEAR POWER2 OPTION INFO TIME VENDOR ARCHIVE PROGRAM CHANNEL FAVORITES EPG PVR MHP LANGUAGE TITLE SUBTITLE',
  ],
  [
    371,
    'ANGLE FULL_SCREEN MODE KEYBOARD ASPECT_RATIO PC TV TV2 VCR VCR2 SAT SAT2 CD TAPE RADIO TUNER PLAYER TEXT DVD AUX MP3 AUDIO VIDEO',
  ],
  [
    394,
    'DIRECTORY LIST MEMO CALENDAR RED GREEN YELLOW BLUE CHANNELUP CHANNELDOWN FIRST LAST AB NEXT RESTART SLOW SHUFFLE BREAK PREVIOUS',
  ],
  [
    512,
    'NUMERIC_0 NUMERIC_1 NUMERIC_2 NUMERIC_3 NUMERIC_4 NUMERIC_5 NUMERIC_6 NUMERIC_7 NUMERIC_8 NUMERIC_9 NUMERIC_STAR NUMERIC_POUND',
  ],
];
const BUTTONS: readonly (readonly [first: number, names: string])[] = [
  [256, '0 1 2 3 4 5 6 7 8 9'],
  [272, 'LEFT RIGHT MIDDLE SIDE EXTRA FORWARD BACK TASK'],
  [288, 'TRIGGER THUMB THUMB2 TOP TOP2 PINKIE BASE BASE2 BASE3 BASE4 BASE5 BASE6'],
  [304, 'SOUTH EAST C NORTH WEST Z TL TR TL2 TR2 SELECT START MODE THUMBL THUMBR'],
];
const RELATIVE_NAMES = ['X', 'Y', 'Z', 'RX', 'RY', 'RZ', 'HWHEEL', 'DIAL', 'WHEEL', 'MISC'] as const;

const NAMES: ReadonlyMap<number, string> = new Map([...named(RUNS, 'KEY'), ...named(BUTTONS, 'BTN')]);

function* named(
  runs: readonly (readonly [first: number, names: string])[],
  prefix: string,
): Generator<[number, string]> {
  for (const [first, names] of runs)
    for (const [n, name] of names.split(' ').entries()) yield [first + n, `${prefix}_${name}`];
}

/** `KEY_PLAYPAUSE`, or `KEY_583` for a key that has no name here. */
export function keyName(code: number): string {
  return NAMES.get(code) ?? `KEY_${code}`;
}

/** Keys with which people write, by their places on a keyboard: digits and letters, what stands around them, the number block. */
const WRITING: readonly (readonly [first: number, last: number])[] = [
  [2, 28],
  [30, 41],
  [43, 53],
  [55, 57],
  [71, 83],
  [86, 98],
];
const WRITTEN: ReadonlySet<string> = new Set(
  WRITING.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, n) => keyName(first + n))),
);

export function isWritten(key: string): boolean {
  return WRITTEN.has(key);
}

/** `REL_DIAL`; nothing for what counts the same movement once more, more finely. */
export function relativeName(code: number): string | undefined {
  const name = RELATIVE_NAMES[code];
  return name === undefined ? undefined : `REL_${name}`;
}

/** What the codes of a bit field are called. A knob that turns has two keys, one for each way. */
export function namesOf(type: typeof KEY | typeof RELATIVE, codes: readonly number[]): string[] {
  if (type === KEY) return codes.map(keyName);
  return codes.flatMap((code) => {
    const name = relativeName(code);
    return name === undefined ? [] : [`${name}+`, `${name}-`];
  });
}
