import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger, systemClock, systemRandom, type Logger } from '../../src/base/index.js';
import { LocalBus, openBus, type Bus } from '../../src/bus/index.js';
import { busContract } from '../contracts/bus-contract.js';
import { startRedis, type RunningRedis } from '../fakes/real-redis.js';
import { until } from '../until.js';

let redis: RunningRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

async function open(address: string, silentMs?: number): Promise<Bus> {
  const bus = await openBus({
    address,
    clock: systemClock,
    log: silentLogger,
    random: systemRandom,
    silentMs,
  });
  await until('the bus is connected', () => bus.connected);
  return bus;
}

busContract('in one process', async () => {
  const bus = new LocalBus(systemClock);
  return { open: async () => bus, close: () => bus.close() };
});

busContract('over a real Redis', async () => {
  const opened: Bus[] = [];
  return {
    open: async () => {
      const bus = await open(redis.address);
      opened.push(bus);
      return bus;
    },
    close: async () => {
      for (const bus of opened) await bus.close();
    },
  };
});

describe('a bus over a Redis that dies', () => {
  it('says so, hands over nothing, and is whole again by itself when Redis is back', async () => {
    const own = await startRedis();
    const here = await open(own.address);
    const there = await open(own.address);
    const heard: string[] = [];
    const said: boolean[] = [];
    await there.subscribe('a', (message) => heard.push(message));
    here.onConnection((connected) => said.push(connected));
    await own.kill();
    await until('the loss is noticed', () => !here.connected && !there.connected);
    expect(here.publish('a', 'lost')).toBe(false);
    await expect(here.get('k')).rejects.toMatchObject({ code: 'ERR_HOUSE_OFFLINE', retryable: true });
    await own.start();
    await until('both are back', () => here.connected && there.connected);
    here.publish('a', 'found');
    await until('heard', () => heard.length > 0);
    expect(heard).toEqual(['found']);
    expect(said).toEqual([false, true]);
    await here.close();
    await there.close();
    await own.stop();
  });

  it('notices one that is there and silent', async () => {
    const own = await startRedis();
    const bus = await open(own.address, 400);
    own.freeze();
    await until('the silence is noticed', () => !bus.connected);
    own.thaw();
    await until('it is back', () => bus.connected);
    await bus.close();
    await own.stop();
  });

  it('can be opened before there is a Redis', async () => {
    const own = await startRedis();
    await own.kill();
    const bus = await openBus({
      address: own.address,
      clock: systemClock,
      log: silentLogger,
      random: systemRandom,
    });
    expect(bus.connected).toBe(false);
    await bus.subscribe('a', () => undefined);
    await own.start();
    await until('it is connected', () => bus.connected);
    await bus.close();
    await own.stop();
  });
});

describe('the password of a Redis', () => {
  it('lets in, and is in no line of the log, right or wrong', async () => {
    const own = await startRedis({ password: 'open-sesame' });
    const lines: unknown[] = [];
    const note = (fields: unknown, message: string): void => void lines.push([fields, message]);
    const log: Logger = { trace: note, debug: note, info: note, warn: note, error: note, child: () => log };
    const over = (password: string): Promise<Bus> => {
      const address = `redis://:${password}@127.0.0.1:${own.port}/3`;
      return openBus({ address, clock: systemClock, log, random: systemRandom });
    };
    const right = await over('open-sesame');
    await until('the right one lets in', () => right.connected);
    const wrong = await over('open-please');
    await until('the wrong one is refused', () => JSON.stringify(lines).includes('WRONGPASS'));
    expect(wrong.connected).toBe(false);
    expect(JSON.stringify(lines)).toContain(`redis://127.0.0.1:${own.port}`);
    expect(JSON.stringify(lines)).not.toContain('open-');
    await right.close();
    await wrong.close();
    await own.stop();
  });
});
