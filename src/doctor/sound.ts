import { ok, problem, warning, type Finding } from './finding.js';
import type { RunProgram } from './programs.js';
import type { Ways } from './ways.js';

/** A process, as far as it matters here. */
export interface Process {
  readonly program: string;
  readonly user: string;
}

export interface SoundProbes {
  readonly user: string;
  groups(): Promise<readonly string[]>;
  processes(): Promise<readonly Process[]>;
  exists(path: string): Promise<boolean>;
  readonly run: RunProgram;
}

const SERVERS = new Set(['pulseaudio', 'pipewire', 'pipewire-pulse']);

/** Whether this user has something that sounds. `wanted`: whether the settings want it. */
export async function checkSound(
  probes: SoundProbes,
  wanted: boolean,
  ways: Pick<Ways, 'set'>,
  signal?: AbortSignal,
): Promise<Finding> {
  if (!wanted) return ok('local_output is off');
  const { user } = probes;
  const servers = (await probes.processes()).filter(({ program }) => SERVERS.has(program));
  const other = servers.find((server) => server.user !== user);
  const own = servers.find((server) => server.user === user);
  const hasCard = await probes.exists('/proc/asound/card0');
  const mayUse = user === 'root' || (await probes.groups()).includes('audio');
  if (!own && hasCard && !mayUse)
    return problem(
      `${user} may not use the sound card`,
      `sudo usermod -aG audio ${user}   (then sign in anew)`,
    );
  if (!own && other)
    return warning(
      `${other.program} of ${other.user} has the sound outputs, ${user} has none of its own`,
      other.program === 'pulseaudio'
        ? `sudo systemctl --machine=${other.user}@.host --user mask --now pulseaudio.service pulseaudio.socket`
        : `sudo systemctl --machine=${other.user}@.host --user mask --now pipewire.socket pipewire-pulse.socket pipewire.service pipewire-pulse.service`,
    );
  const outputs = await outputsOf(probes, signal);
  if (outputs.length === 0)
    return hasCard
      ? problem('there is a sound card, but mpv sees no output', 'mpv --no-config --audio-device=help')
      : warning(
          'no sound card: this machine is silent, others are not',
          `${ways.set('local_output', 'off')}   That is for a house where other players make the sound; else plug in a sound card`,
        );
  return ok(`${outputs.length === 1 ? 'one output' : `${outputs.length} outputs`}, such as ${outputs[0]}`);
}

/** What mpv lists as sinks of a sound server and as cards, without plugins and silent stand-ins. */
async function outputsOf({ run }: SoundProbes, signal?: AbortSignal): Promise<string[]> {
  const listing = await run('mpv', ['--no-config', '--load-scripts=no', '--audio-device=help'], signal);
  return [...(listing?.text ?? '').matchAll(/^\s+'([^']{1,200})'/gm)]
    .map((match) => match[1]!)
    .filter(sounds);
}

/** Of what mpv lists: whether it leads to something that is heard. */
export const sounds = (name: string): boolean =>
  /^(?:pulse|pipewire)\/|^alsa\/[a-z]+:CARD=/.test(name) && !/\/(?:auto_null|dummy)|CARD=Dummy/i.test(name);
