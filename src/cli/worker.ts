import { busAddress, Seal } from '../bus/index.js';
import { openWorker } from '../jobs/index.js';
import { allWork } from '../pipeline/index.js';
import { joinBus, type Env } from './bus-member.js';
import type { Place } from './greeting.js';
import { openNotifier } from './notify.js';

/**
 * What is nearly done when a signal comes is done; the rest goes back to the house, which gives it to another. With what a Redis that is silent takes
 * (1.5 s for the queue, 1 s for the bus) all of it is over before systemd ends it by force (TimeoutStopSec, 8 s).
 */
const LEAVE = { graceMs: 3_000, stopMs: 1_000 };

/** Does heavy work for a house on the same bus until a signal; it sees the same data folder and music, under the same paths. */
export async function worker(env: Env, print: (line: string) => void, place: Place): Promise<void> {
  const member = await joinBus(env, 'worker', place);
  const { config, parts, bus, stopped } = member;
  const { log } = parts;
  const redis = busAddress(member.address);
  const house = { redis, name: config.bus_name, seal: new Seal(config.bus_secret), signals: bus };
  const { works, close } = allWork(config, parts);
  const working = await openWorker({ house, works, ...parts });
  // What it may take, and how long, is read for each work anew.
  member.settings.start({ others: true });
  const notifier = openNotifier(env, { ...parts, pid: process.pid });
  notifier.ready('Waiting for the bus');
  print('  Waiting for the bus');
  const ready = await Promise.race([working.ready().then(() => true), stopped.then(() => false)]);
  if (ready) {
    const kinds = works.map(({ kind }) => kind).join(', ');
    print(`  A worker of Tutti takes: ${kinds}`);
    notifier.status(`Takes ${kinds}`);
  }
  log.info({ reason: await stopped }, 'stopping');
  void notifier.stopping();
  await working.close(LEAVE);
  await close();
  await member.close();
}
