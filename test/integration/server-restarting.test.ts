import { expect, it } from 'vitest';
import { FakeFeed } from '../fakes/fake-feed.js';
import { World } from './server-world.js';

/** Topics of a house that can restart while this process goes on. */
class FarFeed extends FakeFeed {
  restarted: (kind: 'gap' | 'life') => void = () => undefined;

  onBreak(listener: (kind: 'gap' | 'life') => void): () => void {
    const others = this.restarted;
    this.restarted = (kind) => {
      others(kind);
      listener(kind);
    };
    return () => undefined;
  }
}

it('[TP2] who hangs on a gateway hears that the server has restarted, and is sent to come in anew', async () => {
  const feed = new FarFeed();
  feed.put('system', { server: 'tutti', version: '0', notices: [] });
  const world = await World.start({ feed });
  const peer = await world.peer();
  await peer.next('hello');
  feed.restarted('life');
  const { data } = await peer.next('server:restarting');
  expect(data).toEqual({ reason: 'the server has restarted', retry_after_ms: 0 });
  expect((await peer.closed).code).toBe(4101);
  await world.stop();
});
