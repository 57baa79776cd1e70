import { deferred } from '../base/index.js';
import type { Loaded } from '../config/index.js';
import type { Place } from './greeting.js';

export interface StopSignal {
  /** The name of the signal that ends the program. */
  readonly heard: Promise<string>;
  end(this: void): void;
}

/** Whether SIGHUP asks a program to read its settings anew, and does not end it. */
export function readsAnew(place: Place, { file_used }: Pick<Loaded, 'file_used'>): boolean {
  return place === 'log' || (place === 'pipe' && file_used);
}

/**
 * SIGHUP is what a terminal says when it is closed: then it ends the program. A service, and a program that has a config file, are asked by it
 * to read their settings anew.
 */
export function stopSignal(reload: (() => void) | undefined): StopSignal {
  const heard = deferred<string>();
  const stop = (name: NodeJS.Signals): void => heard.resolve(name);
  const hangUp = (): void => (reload ? reload() : stop('SIGHUP'));
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, stop);
  process.on('SIGHUP', hangUp);
  return {
    heard: heard.promise,
    end() {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, stop);
      process.off('SIGHUP', hangUp);
    },
  };
}
