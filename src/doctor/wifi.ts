import { notice, ok, unmeasured, warning, type Finding } from './finding.js';
import type { RunProgram } from './programs.js';
import type { Figure } from '../protocol/index.js';

export interface WifiProbes {
  /** Names of wireless interfaces. */
  wireless(this: void): Promise<readonly string[]>;
  read(this: void, path: string): Promise<string | undefined>;
  readonly run: RunProgram;
}

const WEAK_DBM = -72;
/** Now, and after each start, without a break of the connection. */
const FOR_GOOD =
  "printf '[connection]\\nwifi.powersave = 2\\n' | sudo tee /etc/NetworkManager/conf.d/tutti.conf";

/** Whether this machine's own radio sleeps, and how well it hears. */
export async function checkWifi({ wireless, read, run }: WifiProbes, signal?: AbortSignal): Promise<Finding> {
  const names = await wireless();
  const [name] = names;
  if (name === undefined) return ok('this machine has no Wi-Fi, or does not use it');
  const level = signalOf((await read('/proc/net/wireless')) ?? '', name);
  const figures: Figure[] =
    level === undefined ? [] : [{ name: `${name} signal`, value: level, unit: 'dBm' }];
  const said = await run('iw', ['dev', name, 'get', 'power_save'], signal);
  if (said === undefined || said.code !== 0)
    return { ...unmeasured(`whether ${name} sleeps is told by iw: sudo apt-get install -y iw`), figures };
  if (/power save: on/i.test(said.text))
    return warning(
      `${name} saves power: music and commands wait up to 100 ms and longer for it`,
      `sudo iw dev ${name} set power_save off && ${FOR_GOOD}`,
      figures,
    );
  if (level !== undefined && level < WEAK_DBM)
    return warning(
      `${name} hears its access point weakly`,
      'Move the machine or the access point, or use a network cable',
      figures,
    );
  if (level === undefined) return notice(`${name} does not sleep; it is not connected, or tells no signal`);
  return ok(`${name} does not sleep and hears ${level} dBm`, figures);
}

/** In dBm, from /proc/net/wireless. */
export function signalOf(text: string, name: string): number | undefined {
  const line = text.split('\n').find((one) => one.trim().startsWith(`${name}:`));
  const level = Number(line?.trim().split(/\s+/)[3]);
  return Number.isFinite(level) && level < 0 ? level : undefined;
}
