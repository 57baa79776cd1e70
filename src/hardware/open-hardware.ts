import type { Clock, Logger } from '../base/index.js';
import type { Handlers } from '../protocol/index.js';
import { KeptList, type Store } from '../state/index.js';
import type { Db } from '../storage/index.js';
import { Deeds, type RunCommand } from './deeds.js';
import { Gpio, type GpioSettings } from './gpio.js';
import { InputPlace, Inputs, type InputCommand } from './inputs.js';
import { Plugs, type InputPlaces } from './plugs.js';

export interface HardwareParts {
  readonly db: Db;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  /** Listen to remote controls, keyboards and knobs. */
  readonly inputs: boolean;
  readonly places: InputPlaces;
  readonly gpio: GpioSettings;
  readonly programFolder?: string;
  /** What is wired to the header and cannot be used, in sentences; each time all of them. */
  told?(this: void, problems: ReadonlyMap<string, string>): void;
}

export interface Hardware {
  readonly handlers: Handlers<InputCommand>;
  /** Begins to listen; keys act through `run`, as people do. */
  start(run: RunCommand): Promise<void>;
  close(): Promise<void>;
}

/** What people touch on the machine itself: remote controls, keyboards, knobs, buttons; and what hangs on its header. */
export function openHardware(parts: HardwareParts): Hardware {
  const { db, store, clock, log } = parts;
  const list = new KeptList({ db, store, list: 'inputs', own: InputPlace });
  let run: RunCommand = () => Promise.resolve({ ok: false, error: { message: 'not started yet' } });
  const deeds = new Deeds({
    state: () => store.state,
    run: (type, request, caller) => run(type, request, caller),
    clock,
  });
  const inputs = new Inputs({ list, deeds, clock, log });
  const plugs = new Plugs({ places: parts.places, inputs, clock, log });
  let gpio: Gpio | undefined;
  if (!parts.inputs) inputs.problem = 'inputs are switched off in the settings';
  return {
    handlers: inputs.handlers,
    async start(runner) {
      run = runner;
      if (parts.inputs) await plugs.start();
      const { gpio: settings, programFolder, told } = parts;
      gpio = await Gpio.open({
        settings,
        store,
        inputs,
        deeds,
        clock,
        log,
        programFolder,
        ...(told && { told }),
      });
    },
    async close() {
      await plugs.close();
      await gpio?.close();
      inputs.close();
    },
  };
}
