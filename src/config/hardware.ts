import * as z from 'zod';
import { List, Switch } from './values.js';

const Line = z.number().int().min(0).max(999);

/** What is plugged into this machine and wired to its header. */
export const hardwareKeys = {
  inputs: Switch.default(true).describe(
    'listen to remote controls, keyboards and knobs that are plugged into this machine',
  ),
  gpio_chip: z
    .string()
    .regex(/^[a-z0-9/][a-z0-9/_-]{0,63}$/)
    .default('auto')
    .describe('which chip the header is on; auto: found by its name, as gpiodetect shows it')
    .meta({ example: 'gpiochip0' }),
  gpio_amplifier: Line.optional()
    .describe('line that switches an amplifier on while there is music: 22 is GPIO22')
    .meta({ example: '22' }),
  gpio_amplifier_inverted: Switch.default(false).describe('the amplifier is on at 0 V'),
  gpio_amplifier_off_s: z
    .number()
    .int()
    .min(0)
    .max(86_400)
    .default(60)
    .describe('the amplifier is switched off so many seconds after the music'),
  gpio_led: Line.optional()
    .describe('line of an LED: on while there is music, blinking when something is wrong')
    .meta({ example: '27' }),
  gpio_led_inverted: Switch.default(false).describe('the LED is on at 0 V'),
  gpio_buttons: List.default([])
    .describe('lines with buttons to ground; what they do is chosen on the page')
    .meta({ form: 'lines', example: '[5, 6, 13]' }),
  gpio_room: z
    .string()
    .max(128)
    .optional()
    .describe(
      'id of the room that amplifier and LED follow; default: the rooms of all outputs of this machine',
    )
    .meta({ example: 'kitchen' }),
};
