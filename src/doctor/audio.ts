import type { Figure } from '../protocol/index.js';
import { cardsOf, hasDisplay, streamsOf, type Files, type Stream } from './cards.js';
import { notice, ok, problem, unmeasured, warning, type Finding } from './finding.js';
import type { RunProgram } from './programs.js';
import { sounds } from './sound.js';

/** What a room of this machine plays now. */
export interface Sounding {
  readonly name: string;
  readonly sample_rate_hz?: number | undefined;
}

const NO_CARDS = 'the kernel shows no sound card here';
const DEEPER =
  'ps -eo pcpu,pid,args --sort=-pcpu | head -8   shows what keeps this machine busy: move that elsewhere';

/** Whether a card has run dry, as the kernel counts it. `corrections`: how often players of this machine were brought back. */
export async function checkDry(files: Files, corrections: number | undefined): Promise<Finding> {
  const streams = await streamsOf(files);
  const cards = await cardsOf(files);
  const told: Figure[] =
    corrections === undefined
      ? []
      : [{ name: 'corrections of this machine since the start', value: corrections }];
  if (cards.length === 0) return { ...unmeasured(NO_CARDS), figures: told };
  const running = streams.filter(({ state }) => state === 'RUNNING' || state === 'XRUN');
  const dry = running.filter(isDry);
  const figures = [
    { name: 'streams that run', value: running.length },
    { name: 'streams that ran dry', value: dry.length },
    ...told,
  ];
  if (running.length === 0)
    return { ...unmeasured('nothing plays through a card now; run it again while music plays'), figures };
  if (dry.length > 0)
    return warning(
      `card ${dry.map(({ card }) => card).join(', ')} ran dry: the machine was too busy`,
      DEEPER,
      figures,
    );
  return ok('no card has run dry', figures);
}

const isDry = ({ state, buffer_frames, most_free_frames }: Stream): boolean =>
  state === 'XRUN' ||
  (buffer_frames !== undefined && most_free_frames !== undefined && most_free_frames >= buffer_frames);

/** Whether cards play what is in the files, or another rate. */
export async function checkRates(files: Files, sounding: readonly Sounding[]): Promise<Finding> {
  const running = (await streamsOf(files)).filter(({ rate_hz }) => rate_hz !== undefined);
  if (running.length === 0) return unmeasured('no card is open now; run it again while music plays');
  const figures = running.map(({ card, rate_hz, format }) => ({
    name: `card ${card}${format === undefined ? '' : ` (${format})`}`,
    value: rate_hz!,
    unit: 'Hz',
  }));
  const rates = new Set(running.map(({ rate_hz }) => rate_hz));
  const other = sounding.filter(
    ({ sample_rate_hz }) => sample_rate_hz !== undefined && !rates.has(sample_rate_hz),
  );
  if (other.length === 0)
    return ok(
      sounding.length === 0 ? 'nothing of the library plays here now' : 'cards play the rate of the files',
      figures,
    );
  return notice(
    `${other.map(({ name, sample_rate_hz }) => `${name} plays a file of ${sample_rate_hz} Hz`).join(', ')}: it is resampled, which is well done but not the file itself`,
    "PipeWire: printf 'context.properties = { default.clock.allowed-rates = [ 44100 48000 88200 96000 ] }' | sudo tee /etc/pipewire/pipewire.conf.d/tutti.conf; ALSA: choose the output alsa/hw:… of the player",
    figures,
  );
}

export interface OutputProbes extends Files {
  readonly run: RunProgram;
}

/** Whether outputs that the settings name are there, and whether the default one leads anywhere. */
export async function checkOutputs(
  probes: OutputProbes,
  named: readonly { readonly name: string; readonly output: string }[],
  signal?: AbortSignal,
): Promise<Finding> {
  const listing = await probes.run(
    'mpv',
    ['--no-config', '--load-scripts=no', '--audio-device=help'],
    signal,
  );
  const known = [...(listing?.text ?? '').matchAll(/^\s+'([^']{1,200})'/gm)].map((match) => match[1]!);
  if (known.length === 0) return unmeasured('mpv lists no outputs');
  const none = !known.some(sounds);
  const lost = named.filter(({ output }) => output !== 'auto' && !known.includes(output));
  const figures = [{ name: 'outputs mpv knows', value: known.length }];
  if (lost.length > 0)
    return problem(
      `${lost.map(({ name, output }) => `${name} wants ${output}`).join(', ')}, which is not there: is it plugged in?`,
      `mpv --audio-device=help   lists what is there; then set output of ${lost[0]!.name}`,
      figures,
    );
  const [first, ...others] = await cardsOf(probes);
  if (
    first &&
    /hdmi/i.test(first.id) &&
    (await hasDisplay(probes)) === false &&
    !/^\s+'(?:pulse|pipewire)\//m.test(listing?.text ?? '')
  ) {
    const better = others.find(({ id }) => !/hdmi/i.test(id));
    return warning(
      `the default output is HDMI (${first.name}), and nothing is plugged in there`,
      better
        ? `printf 'defaults.pcm.card ${better.number}\\ndefaults.ctl.card ${better.number}\\n' | sudo tee /etc/asound.conf`
        : 'Plug in a sound card or DAC, or switch the headphone output on: dtparam=audio=on in /boot/firmware/config.txt',
      figures,
    );
  }
  if (none && named.length === 0) return unmeasured('this machine has no output; see its sound');
  return ok(
    named.length === 0 ? 'the automatic output is used' : 'all outputs that are named are there',
    figures,
  );
}

export interface LockProbes extends Files {
  /** The name of a program; undefined when it has gone. */
  program(this: void, pid: number): Promise<string | undefined>;
}

const SHARING = /^(?:pipewire|pulseaudio|wireplumber|mpv)/;

/** Whether another program has a card for itself. */
export async function checkLocks(probes: LockProbes): Promise<Finding> {
  const cards = await cardsOf(probes);
  if (cards.length === 0) return unmeasured(NO_CARDS);
  const held: { card: string; program: string; pid: number }[] = [];
  for (const { card, owner_pid } of await streamsOf(probes)) {
    if (owner_pid === undefined) continue;
    const program = (await probes.program(owner_pid)) ?? '';
    if (program === '' || SHARING.test(program)) continue;
    held.push({
      card: cards.find(({ number }) => number === card)?.name ?? String(card),
      program,
      pid: owner_pid,
    });
  }
  const [first] = held;
  const figures = [
    { name: 'cards', value: cards.length },
    { name: 'cards that others hold', value: held.length },
  ];
  if (!first) return ok('no other program has a card for itself', figures);
  return warning(
    `${first.program} (process ${first.pid}) has ${first.card} for itself`,
    `sudo kill ${first.pid}   or give it another output`,
    figures,
  );
}
