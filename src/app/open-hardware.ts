import { openHardware, wordBytesOf, type GpioSettings, type Hardware } from '../hardware/index.js';
import type { Config } from '../config/index.js';
import type { Base } from './base.js';
import { HEADER_NOTICES, replaceNotices } from './notices.js';
import type { Kept } from './open-state.js';

/** What people touch on this machine, and what is wired to it. */
export function openMachineHardware(
  { config, clock, log, closers }: Base,
  { db, store }: Pick<Kept, 'db' | 'store'>,
): Hardware {
  const hardware = openHardware({
    db,
    store,
    clock,
    log: log.child({ part: 'hardware' }),
    inputs: config.inputs,
    places: {
      catalog: '/proc/bus/input/devices',
      folder: '/dev/input',
      wordBytes: wordBytesOf(process.arch),
    },
    gpio: gpioOf(config),
    told: (problems) =>
      replaceNotices(
        store,
        HEADER_NOTICES,
        [...problems].map(([name, message]) => ({
          notice_id: `${HEADER_NOTICES}${name}`,
          level: 'warning',
          message,
        })),
      ),
  });
  closers.add(() => hardware.close());
  return hardware;
}

function gpioOf(config: Config): GpioSettings {
  const line = (offset: number | undefined, activeLow: boolean): GpioSettings['led'] =>
    offset === undefined ? undefined : { offset, activeLow };
  return {
    chip: config.gpio_chip,
    amplifier: line(config.gpio_amplifier, config.gpio_amplifier_inverted),
    amplifierOffSeconds: config.gpio_amplifier_off_s,
    led: line(config.gpio_led, config.gpio_led_inverted),
    buttons: config.gpio_buttons.filter((text) => /^\d{1,3}$/.test(text)).map(Number),
    room: config.gpio_room,
  };
}
