import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_MESSAGE_BYTES, type Bus } from '../../src/bus/index.js';
import { until } from '../until.js';

/** One side of a bus, as many as a test needs: in one process they are the same object. */
export interface BusRig {
  /** Connected. */
  open(): Promise<Bus>;
  close(): Promise<void>;
}

/** What every bus has to hold. */
export function busContract(name: string, start: () => Promise<BusRig>): void {
  describe(`the bus ${name}`, () => {
    let rig: BusRig;
    let here: Bus;
    let there: Bus;

    beforeEach(async () => {
      rig = await start();
      here = await rig.open();
      there = await rig.open();
    });
    afterEach(() => rig.close());

    it('brings a message to everybody who listens to its channel, and to nobody else', async () => {
      const heard: string[] = [];
      await there.subscribe('a', (message) => heard.push(`there ${message}`));
      await here.subscribe('a', (message) => heard.push(`here ${message}`));
      await there.subscribe('b', (message) => heard.push(`b ${message}`));
      expect(here.publish('a', 'one')).toBe(true);
      expect(here.publish('b', 'end')).toBe(true);
      await until('all is heard', () => heard.length === 3);
      expect(heard.toSorted()).toEqual(['b end', 'here one', 'there one']);
    });

    it('keeps the order of one sender over all channels', async () => {
      const heard: number[] = [];
      await there.subscribe('a', (message) => heard.push(Number(message)));
      await there.subscribe('b', (message) => heard.push(Number(message)));
      const sent = Array.from({ length: 500 }, (_, at) => at);
      for (const at of sent) {
        here.publish(at % 3 === 0 ? 'a' : 'b', String(at));
        if (at % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await until('all is heard', () => heard.length === 500);
      expect(heard).toEqual(sent);
    });

    it('never calls a listener inside publish', async () => {
      let inside = false;
      let heard = 0;
      await here.subscribe('a', () => {
        heard++;
        expect(inside).toBe(false);
      });
      inside = true;
      here.publish('a', 'x');
      inside = false;
      await until('heard', () => heard === 1);
    });

    it('tells two listeners of one channel, and not the one that went', async () => {
      const heard: string[] = [];
      const go = await there.subscribe('a', () => heard.push('first'));
      await there.subscribe('a', () => heard.push('second'));
      go();
      go();
      here.publish('a', 'x');
      await until('heard', () => heard.length > 0);
      expect(heard).toEqual(['second']);
    });

    it('hands over any text as it is', async () => {
      const texts = ['', '\u0000\r\n', 'Straße 🎵 ' + 'ü'.repeat(5000), '"\\\u2028'];
      const heard: string[] = [];
      await there.subscribe('a', (message) => heard.push(message));
      for (const text of texts) here.publish('a', text);
      await until('all is heard', () => heard.length === texts.length);
      expect(heard).toEqual(texts);
    });

    it('refuses what is too large, and counts it', async () => {
      const before = here.counts.unsent;
      expect(here.publish('a', 'x'.repeat(MAX_MESSAGE_BYTES + 1))).toBe(false);
      expect(here.counts.unsent).toBe(before + 1);
    });

    it('counts what goes out and comes in', async () => {
      await there.subscribe('a', () => undefined);
      const before = there.counts.received;
      here.publish('a', 'x');
      await until('counted', () => there.counts.received === before + 1);
      expect(here.counts.sent).toBeGreaterThan(0);
    });

    it('knows how many listen to a channel', async () => {
      const before = await here.listeners('crowd');
      const stop = await here.subscribe('crowd', () => undefined);
      expect([before, await there.listeners('crowd')]).toEqual([0, 1]);
      stop();
      await until('nobody listens', async () => (await there.listeners('crowd')) === 0);
    });

    it('keeps a text for every side until it is deleted', async () => {
      await here.put('k', 'one', 60_000);
      await here.put('k', 'two', 60_000);
      expect(await there.get('k')).toBe('two');
      await there.delete('k');
      expect(await here.get('k')).toBeUndefined();
      await here.delete('k');
    });

    it('forgets a text when its time is up', async () => {
      await here.put('k', 'short', 30);
      await here.put('l', 'long', 60_000);
      await until('the short one is gone', async () => (await there.get('k')) === undefined);
      expect(await there.get('l')).toBe('long');
    });

    it('is silent after it was closed', async () => {
      const heard: string[] = [];
      await there.subscribe('a', (message) => heard.push(message));
      await here.close();
      await here.close();
      expect(here.publish('a', 'x')).toBe(false);
      expect(heard).toEqual([]);
    });
  });
}
