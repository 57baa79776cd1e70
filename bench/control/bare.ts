import type { Ground } from '../ground.js';
import { startLoad, type LoadProcess } from '../load-process.js';
import type { ControlAsks } from '../load/control.js';
import type { CrowdAsks } from '../load/crowd.js';

export type Crowd = LoadProcess<CrowdAsks>;

/** The bare server of sockets that every case stands beside. */
export interface Bare {
  readonly pid: number;
  readonly port: number;
  readonly ask: LoadProcess<ControlAsks>['ask'];
}

export async function startBare(ground: Ground): Promise<Bare> {
  const control = startLoad<ControlAsks>(ground, 'control');
  const port = await control.ask('listen');
  return { pid: control.pid, port, ask: (ask, ...args) => control.ask(ask, ...args) };
}

export function startCrowd(ground: Ground): Crowd {
  return startLoad<CrowdAsks>(ground, 'crowd');
}

export const BARE = 'bare sockets';
/** What the control is told of nobody: no people, no topics that matter. */
export const atBare = (port: number, topics: readonly string[] = ['x']) => ({ port, topics, tokens: [] });
