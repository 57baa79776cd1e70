import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Ground } from './ground.js';
import { AnswerFrame, type Asks } from './load/asks.js';
import { Program } from './program.js';

type Answer<A extends Asks, K extends keyof A> = Awaited<ReturnType<A[K]>>;

export interface LoadProcess<A extends Asks> {
  readonly pid: number;
  ask<K extends keyof A & string>(ask: K, ...args: Parameters<A[K]>): Promise<Answer<A, K>>;
  stop(): Promise<void>;
}

/** Starts a program of load/ in a process of its own. `A` is the type of what it can be asked. */
export function startLoad<A extends Asks>(
  ground: Ground,
  name: 'fan-out' | 'commands' | 'control' | 'crowd' | 'hostile',
): LoadProcess<A> {
  const child = fork(fileURLToPath(new URL(`./load/${name}.js`, import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const program = ground.own(new Program(child, name));
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let serial = 0;
  child.on('message', (message) => {
    const { serial: answered, value, error } = AnswerFrame.parse(message);
    const asker = waiting.get(answered);
    waiting.delete(answered);
    if (error === undefined) asker?.resolve(value);
    else asker?.reject(new Error(`${name}: ${error}`));
  });
  child.once('exit', () => {
    for (const asker of waiting.values()) asker.reject(new Error(`the load process ${name} ended`));
  });
  return {
    pid: program.pid,
    stop: () => program.stop(),
    ask: (ask, ...args) =>
      new Promise((resolve, reject) => {
        serial += 1;
        waiting.set(serial, { resolve: resolve, reject });
        child.send({ serial, ask, args });
      }),
  };
}
