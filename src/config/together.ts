import { ConfigSchema } from './schema.js';
import type { Problem } from './problem.js';
import type { SettingKey } from './specs.js';

/** A fault of settings that are right one by one, told at this one of them. */
export interface TogetherFault extends Omit<Problem, 'where'> {
  readonly key: SettingKey;
}

/** What cannot be set together. `values`: what somebody set, as it was understood. */
export function togetherFaults(values: ReadonlyMap<SettingKey, unknown>): TogetherFault[] {
  return [...halves(values), ...portsTwice(values), ...linesTwice(values)];
}

function halves(values: ReadonlyMap<SettingKey, unknown>): TogetherFault[] {
  const pair: readonly SettingKey[] = ['tls_cert', 'tls_key'];
  const [there, ...more] = pair.filter((key) => values.has(key));
  if (there === undefined || more.length > 0) return [];
  const reason = `${there}: tls_cert and tls_key belong together, and only this one is set.`;
  return [{ key: there, reason }];
}

/** One port has one listener; 0 is any free one, or none. */
function portsTwice(values: ReadonlyMap<SettingKey, unknown>): TogetherFault[] {
  const keys = ['port', 'snapcast_port', 'mpd_port'] as const;
  const used = new Map<number, SettingKey>();
  const faults: TogetherFault[] = [];
  for (const key of keys) {
    if (key === 'snapcast_port' && values.get('snapcast') === false) continue;
    const port = Number(values.get(key) ?? ConfigSchema.shape[key].parse(undefined));
    const other = used.get(port);
    if (other !== undefined && port !== 0) {
      const blamed = values.has(key) ? key : other;
      const reason = `${blamed}: ${port} is the port of ${blamed === key ? other : key} too.`;
      faults.push({ key: blamed, reason, suggestion: 'Give one of them another port.' });
    }
    used.set(port, key);
  }
  return faults;
}

/** A line of the header is an output or a button, and only once. */
function linesTwice(values: ReadonlyMap<SettingKey, unknown>): TogetherFault[] {
  const buttons = (values.get('gpio_buttons') ?? []) as readonly string[];
  const uses: readonly (readonly [SettingKey, unknown])[] = [
    ['gpio_amplifier', values.get('gpio_amplifier')],
    ['gpio_led', values.get('gpio_led')],
    ...buttons.map((line) => ['gpio_buttons', Number(line)] as const),
  ];
  const used = new Map<unknown, SettingKey>();
  return uses.flatMap(([key, line]) => {
    const other = line === undefined ? undefined : used.get(line);
    if (line !== undefined) used.set(line, key);
    if (other === undefined) return [];
    const where = other === key ? 'twice in it' : `in ${other} too`;
    const reason = `${key}: GPIO${String(line)} stands ${where}, and a line has one use.`;
    return [{ key, reason, suggestion: 'Choose another line.' }];
  });
}
