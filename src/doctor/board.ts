import type { Figure } from '../protocol/index.js';
import type { Files } from './cards.js';
import { notice, ok, problem, warning, type Finding } from './finding.js';
import type { RunProgram } from './programs.js';

export interface BoardProbes extends Files {
  readonly run: RunProgram;
  /** `6.12.25+rpt-rpi-v8`. */
  readonly kernel: string;
  readonly arch: string;
}

const HOT_C = 80;
const WARM_C = 70;
const SUPPLY = 'Use the official power supply (5 V, 3 A; a Pi 5: 27 W) and a short cable';
const COOL = 'Give the case air or a heat sink';

/** Heat, and whether the power supply is enough. */
export async function checkHeat({ read, run, list }: BoardProbes, signal?: AbortSignal): Promise<Finding> {
  const zones = (await list('/sys/class/thermal')).filter((name) => name.startsWith('thermal_zone'));
  const degrees = (
    await Promise.all(zones.map(async (name) => Number(await read(`/sys/class/thermal/${name}/temp`)) / 1000))
  ).filter((one) => one > 0 && one < 150);
  const hottest = degrees.length === 0 ? undefined : Math.round(Math.max(...degrees));
  const figures: Figure[] =
    hottest === undefined ? [] : [{ name: 'temperature', value: hottest, unit: '°C' }];
  const said = await run('vcgencmd', ['get_throttled'], signal);
  const bits = Number(/throttled=(0x[0-9a-f]+)/i.exec(said?.text ?? '')?.[1] ?? Number.NaN);
  if (Number.isFinite(bits)) {
    figures.push({ name: 'throttled', value: `0x${bits.toString(16)}` });
    if (bits & 0x1) return problem('the voltage is too low right now', SUPPLY, figures);
    if (bits & 0xe) return warning('the processor is slowed down right now: too hot', COOL, figures);
    if (bits & 0x10000) return warning('the voltage was too low since the start', SUPPLY, figures);
    if (bits & 0xe0000) return warning('the processor was slowed down since the start', COOL, figures);
  }
  if (hottest !== undefined && hottest >= HOT_C) return warning(`${hottest} °C`, COOL, figures);
  if (hottest !== undefined && hottest >= WARM_C)
    return notice(`${hottest} °C, which is warm`, COOL, figures);
  if (hottest === undefined && !Number.isFinite(bits))
    return { ...notice('could not be measured: this machine has no thermometer'), unknown: true };
  return ok(hottest === undefined ? 'the power supply is enough' : `${hottest} °C`, figures);
}

/** What this runs on. */
export async function checkBoard({ read, kernel, arch }: BoardProbes): Promise<Finding> {
  const model = ((await read('/proc/device-tree/model')) ?? '').replaceAll('\0', '').trim();
  const system =
    /^PRETTY_NAME="?([^"\n]+)/m.exec((await read('/etc/os-release')) ?? '')?.[1] ?? 'unknown system';
  const [major = 0] = kernel.split('.').map(Number);
  const figures = [
    { name: 'kernel', value: kernel },
    { name: 'architecture', value: arch },
    { name: 'system', value: system },
    ...(model === '' ? [] : [{ name: 'board', value: model }]),
  ];
  const found = `${model === '' ? arch : model}, ${system}, Linux ${kernel}`;
  if (major > 0 && major < 5)
    return warning(
      `${found}: this kernel is old`,
      'sudo apt-get update && sudo apt-get full-upgrade',
      figures,
    );
  return ok(found, figures);
}
