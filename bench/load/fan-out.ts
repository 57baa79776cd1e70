import { answerParent } from './asks.js';
import { Fan } from './fan.js';
import { MpdFan } from './mpd-fan.js';
import { openMany, RawClient } from './raw-client.js';

type GroupName = 'tutti' | 'control' | 'mpd';

const WARM_UP = 5;
const fans = new Map<GroupName, Fan | MpdFan>();

function fan(name: 'tutti' | 'control'): Fan {
  const found = fans.get(name);
  if (!(found instanceof Fan)) throw new Error(`${name} has no clients`);
  return found;
}

const asks = {
  /** Clients that hear what happens in a room, and one that taps. The control takes and ignores the subscription. */
  async join(name: 'tutti' | 'control', port: number, clients: number, room: string): Promise<void> {
    const heard = await openMany(clients, 50, async () => {
      const client = await RawClient.open(port, '/ws');
      const subscribe = { id: 's', type: 'subscribe', data: { topics: [`room/${room}`] } };
      await client.ask(JSON.stringify(subscribe), '"type":"subscribed"');
      return client;
    });
    const tapper = await RawClient.open(port, name === 'tutti' ? '/ws' : '/tap');
    fans.set(name, new Fan({ clients: heard, tapper, room, replies: name === 'tutti' }));
  },

  async joinMpd(port: number, clients: number): Promise<void> {
    fans.set('mpd', await MpdFan.open(port, clients));
  },

  leave(name: GroupName): void {
    fans.get(name)?.close();
    fans.delete(name);
  },

  /** From each tap until the last client knew, milliseconds. */
  async taps(name: GroupName, times: number, gapMs: number): Promise<number[]> {
    const group = fans.get(name);
    if (!group) throw new Error(`${name} has no clients`);
    const taken: number[] = [];
    for (let tap = 0; tap < WARM_UP + times; tap++) {
      const ms = await group.tap();
      if (tap >= WARM_UP) taken.push(ms);
      await new Promise((resolve) => setTimeout(resolve, gapMs));
    }
    return taken;
  },

  /** The frames one client gets because of one tap, as they are on the wire. */
  tapBytes: (): Promise<Uint8Array> => fan('tutti').recordTap(),

  /** One progress frame as it is on the wire. */
  progressBytes: (): Promise<Uint8Array> => fan('tutti').recordProgress(),

  /** How many progress frames all clients together got within so many milliseconds. */
  countProgress: (name: 'tutti' | 'control', ms: number): Promise<number> => fan(name).countProgress(ms),

  /** One command of the tapping client; resolves after its reply. */
  command: (type: string, body: object): Promise<void> => fan('tutti').command(type, body),
};

export type FanOutAsks = typeof asks;

answerParent(asks);
