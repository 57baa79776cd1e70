import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { deferred, silentLogger } from '../base/index.js';
import { COMMAND_TYPES, COMMANDS, type Caller } from '../protocol/index.js';
import { LocalBus } from './local-bus.js';
import { isSecretive, MAX_ANSWERS, Recall, REMEMBER_MS, type BusResult } from './recall.js';

const ada: Caller = { connection_id: 'c1', role: 'user', subject_id: 'ada' };
const NEAR_MS = 120_000;
let clock: ManualClock;
let bus: LocalBus;
let effects: number;

beforeEach(() => {
  clock = new ManualClock();
  bus = new LocalBus(clock);
  effects = 0;
});

const open = (secret = 'a secret'): Recall =>
  new Recall({ bus, name: 'test', secret, clock, log: silentLogger });
const done = async (): Promise<BusResult> => ({ ok: true, data: { count: ++effects } });

/** One command of the phone of somebody. */
function ask(recall: Recall, id: string, caller = ada, type = 'room:next', run = done): Promise<BusResult> {
  return recall.once({ client_id: 'phone', ids: [id] }, caller, type, run);
}
const come = (recall: Recall, connectionId: string, ended = (): void => undefined): Promise<boolean> =>
  recall.claim('phone', ada, { connectionId, ended });

describe('[RE2] what all processes of a house remember together', () => {
  it('gives the same id the same answer, and one effect, also while the first runs', async () => {
    const recall = open();
    const gate = deferred<BusResult>();
    const first = ask(recall, '1', ada, 'room:next', () => gate.promise);
    const second = ask(recall, '1');
    gate.resolve(await done());
    expect(await first).toEqual({ ok: true, data: { count: 1 } });
    expect(await second).toEqual(await first);
    expect(await ask(recall, '1')).toEqual(await first);
    expect(await ask(recall, '2')).toEqual({ ok: true, data: { count: 2 } });
  });

  it('knows a client by its name and whom it signed in as', async () => {
    const recall = open();
    await ask(recall, '1');
    expect(await ask(recall, '1', { ...ada, subject_id: 'bob' })).toEqual({ ok: true, data: { count: 2 } });
    expect(await come(recall, 'c2')).toBe(true);
    expect(await recall.claim('tablet', ada, { connectionId: 'c3', ended: () => undefined })).toBe(false);
  });

  it('runs again what was refused for coming too soon', async () => {
    const recall = open();
    const error = { code: 'ERR_RATE_LIMITED', message: 'later', retryable: true, params: {} } as const;
    await ask(recall, '1', ada, 'room:next', async () => ({ ok: false, error }));
    expect(await ask(recall, '1')).toMatchObject({ ok: true });
  });

  it('takes of commands that replace each other the last for the one that counts', async () => {
    const recall = open();
    await ask(recall, '1');
    await recall.once({ client_id: 'phone', ids: ['1', '2'] }, ada, 'room:volume', done);
    expect(effects).toBe(2);
    expect(await ask(recall, '2')).toEqual({ ok: true, data: { count: 2 } });
  });

  it('ends the connection that the client had before', async () => {
    const recall = open();
    let ended = 0;
    await come(recall, 'c1', () => ended++);
    await come(recall, 'c2');
    recall.left('c1');
    expect([ended, recall.size]).toEqual([1, 1]);
  });

  it('keeps who is away for an hour, after a while where all processes have it', async () => {
    const recall = open();
    await come(recall, 'c1');
    await ask(recall, '1');
    recall.left('c1');
    await clock.advance(NEAR_MS + 6_000);
    expect(recall.size).toBe(0);
    await clock.advance(REMEMBER_MS - NEAR_MS - 60_000);
    expect(await come(recall, 'c2')).toBe(true);
    expect(await ask(recall, '1')).toEqual({ ok: true, data: { count: 1 } });
    recall.left('c2');
    await clock.advance(REMEMBER_MS + NEAR_MS + 6_000);
    expect(await come(recall, 'c3')).toBe(false);
  });

  it('outlives a house that stops, and says what it does not know', async () => {
    const first = open();
    await come(first, 'c1');
    await ask(first, '1');
    void ask(first, '2', ada, 'room:next', () => deferred<BusResult>().promise);
    await first.close();
    const next = open();
    expect(await come(next, 'c2')).toBe(true);
    expect(await ask(next, '1')).toEqual({ ok: true, data: { count: 1 } });
    expect(await ask(next, '2')).toMatchObject({
      ok: false,
      error: { code: 'ERR_HOUSE_OFFLINE', retryable: false, params: { sent: true } },
    });
    expect(effects).toBe(1);
    expect(await come(open(), 'c3')).toBe(false);
  });

  it('believes no record that is not its own', async () => {
    const first = open('another secret');
    await ask(first, '1');
    await first.close();
    expect(await come(open(), 'c2')).toBe(false);
  });

  it('remembers so many answers of a client, and of too large ones that they were given', async () => {
    const recall = open();
    for (let n = 0; n <= MAX_ANSWERS; n++) await ask(recall, String(n));
    await ask(recall, '0');
    expect(effects).toBe(MAX_ANSWERS + 2);
    const large = async (): Promise<BusResult> => ({ ok: true, data: 'x'.repeat(200_000) });
    await ask(recall, 'l1', ada, 'room:next', large);
    await ask(recall, 'l2', ada, 'room:next', large);
    expect(await ask(recall, 'l1')).toMatchObject({ ok: false, error: { code: 'ERR_CONFLICT' } });
    expect(effects).toBe(MAX_ANSWERS + 2);
  });

  it('leaves no secret where others can read it', async () => {
    const first = open();
    await ask(first, '1', ada, 'token:create', async () => ({ ok: true, data: { token: 'canary' } }));
    const put: string[] = [];
    const keep = bus.put.bind(bus);
    bus.put = async (key, value, ttlMs) => {
      put.push(value);
      await keep(key, value, ttlMs);
    };
    await first.close();
    expect(put.join()).toContain('ERR_CONFLICT');
    expect(put.join()).not.toContain('canary');
  });

  it('takes every command for secretive whose reply has a secret', () => {
    const open: string[] = [];
    for (const type of COMMAND_TYPES) {
      // What only reads is not remembered.
      if (COMMANDS[type].http.startsWith('GET ')) continue;
      const reply = JSON.stringify(
        z.toJSONSchema(COMMANDS[type].reply, { unrepresentable: 'any', io: 'input' }),
      );
      if (/"(?:token|secret|invite|path|session_id|access_token|ticket)":/.test(reply))
        if (!isSecretive(type)) open.push(type);
    }
    expect(open).toEqual([]);
  });
});
