/** One control of a card as `amixer` shows it. */
export interface Control {
  /** `Digital,0`, as `amixer scontrols` shows it but for quotes. */
  readonly id: string;
  readonly name: string;
  /** 0..1 of its range, as the ear hears it (`-M`). */
  readonly level: number;
  /** Undefined where it has no switch. */
  readonly muted: boolean | undefined;
  /** How many steps it has; undefined where it does not say. */
  readonly steps: number | undefined;
}

/** What has fewer is a switch, and no volume. */
const FEWEST_STEPS = 8;

/** Names of the control that makes a whole card louder, the best first: of HATs, of most cards, of USB and of the Pi's own jack. */
const MAIN = ['Digital', 'Master', 'PCM', 'Speaker', 'Headphone', 'Headphones', 'HDMI', 'Line Out', 'DAC'];

/** What is no loudness of the card: a microphone heard in headphones, a tone. */
const OTHER = /\b(mic|microphone|capture|sidetone|boost|bass|treble|tone|loopback|beep)\b/i;

/** A control as `amixer` is asked for it: in quotes, since names have commas and quotes of their own. */
export function quotedId(id: string): string {
  const [, name = id, index = '0'] = /^(.*),(\d+)$/.exec(id) ?? [];
  const quote = name.includes("'") ? '"' : "'";
  return `${quote}${name}${quote},${index}`;
}

/** The controls that set how loud a card plays, from what `amixer -M scontents` or `sget` prints. */
export function readControls(text: string): Control[] {
  const controls: Control[] = [];
  for (const part of text.slice(0, 256 * 1024).split(/^Simple mixer control /m)) {
    const named = /^'([^\n]{1,60})',(\d{1,3})$/m.exec(part);
    const capabilities = /^\s*Capabilities: (.*)$/m.exec(part)?.[1]?.split(' ') ?? [];
    if (!named || !capabilities.some((one) => /^p?volume(-joined)?$/.test(one))) continue;
    const channels = [...part.matchAll(/^\s+[^:\n]+: (?:Playback )?(?:-?\d+ )?\[(\d{1,3})%\].*$/gm)].filter(
      ([line]) => !/: Capture /.test(line),
    );
    if (channels.length === 0) continue;
    // Behind what is played stands what is recorded, with a switch of its own.
    const switched = channels.map(([line]) => /\[(on|off)\]/.exec(line.replace(/ Capture .*/, ''))?.[1]);
    controls.push({
      id: `${named[1] ?? ''},${named[2] ?? '0'}`,
      name: named[1] ?? '',
      level: Math.min(1, Math.max(...channels.map(([, percent]) => Number(percent))) / 100),
      steps: stepsOf(part),
      muted: switched.some((one) => one === undefined) ? undefined : switched.every((one) => one === 'off'),
    });
  }
  return controls;
}

function stepsOf(part: string): number | undefined {
  const limits = /^\s*Limits: (?:Playback )?(-?\d{1,9}) - (-?\d{1,9})\b/m.exec(part);
  return limits ? Number(limits[2]) - Number(limits[1]) : undefined;
}

/**
 * The control that is the volume of a card: the wanted one; else the only one; else the first of the usual names. A card with several
 * controls and none of these names has no volume here: a wrong one would be a treble knob.
 */
export function chooseControl(controls: readonly Control[], wanted: string): Control | undefined {
  if (wanted !== 'auto') return controls.find(({ name, id }) => name === wanted || id === wanted);
  const volumes = controls.filter(({ steps = FEWEST_STEPS }) => steps >= FEWEST_STEPS);
  const [first, ...others] = volumes.filter(({ name }) => !OTHER.test(name));
  if (first && others.length === 0) return first;
  for (const name of MAIN) {
    const found = volumes.find((control) => control.name === name);
    if (found) return found;
  }
  return undefined;
}
