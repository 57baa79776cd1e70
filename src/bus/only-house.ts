import { AppError, deferred, type Clock, type Timer } from '../base/index.js';
import type { Bus } from './bus.js';
import { channels, ToGateway } from './messages.js';
import type { Seal } from './seal.js';
import { Sender } from './sender.js';

/** A Redis that is there is there by then; one that comes later is not waited for. */
const CONNECT_MS = 2_000;
/** A house answers at once; one that died without a word does not. */
const ANSWER_MS = 1_000;

export interface OnlyHouseParts {
  readonly bus: Bus;
  readonly name: string;
  readonly clock: Clock;
}

/** Rejects with ERR_CONFLICT when another house has the name. Asks only where somebody else listens as a house does. */
export async function refuseSecond(
  { bus, name, clock }: OnlyHouseParts,
  seal: Seal,
  node: string,
): Promise<void> {
  const { house, gateway } = channels(name);
  if (!bus.connected) await connection(bus, clock);
  if (!bus.connected || (await bus.listeners(house).catch(() => 2)) < 2) return;
  const taken = deferred<boolean>();
  const stop = await bus.subscribe(gateway(node), (text) => {
    const message = seal.open(text, ToGateway);
    if (typeof message !== 'string' && message.kind === 'taken') taken.resolve(true);
  });
  const timer = clock.after(ANSWER_MS, () => taken.resolve(false));
  new Sender(bus, seal, node, house).send({ kind: 'there' });
  const refused = await taken.promise;
  timer.cancel();
  stop();
  if (refused)
    throw new AppError(
      'ERR_CONFLICT',
      `Another server is on this bus under the name ${name}: stop it, or give this one and its gateways another bus_name`,
    );
}

async function connection(bus: Bus, clock: Clock): Promise<void> {
  const come = deferred<void>();
  const stop = bus.onConnection(() => come.resolve());
  const timer: Timer = clock.after(CONNECT_MS, () => come.resolve());
  await come.promise;
  timer.cancel();
  stop();
}
