import * as z from 'zod';
import { afterEach, expect, it } from 'vitest';
import { nullDriver } from '../../drivers/null/index.js';
import { createLogger } from '../../src/base/index.js';
import type { Socket, SocketConstructor, SocketEvent } from '../../src/client/index.js';
import { PROTOCOL } from '../../src/protocol/index.js';
import { Satellite, type Standing } from '../../src/satellite/index.js';
import { ManualClock } from '../fakes/manual-clock.js';

/** What a server does with a frame: sends frames, or closes with a code. */
type Answers = (frame: {
  readonly id?: string | undefined;
  readonly type: string;
}) => readonly (object | number)[];

const Frame = z.object({ id: z.string().optional(), type: z.string() });
const open: Satellite[] = [];

afterEach(async () => {
  for (const satellite of open.splice(0)) await satellite.close();
});

/** A line to a server of which everything that counts is said by `answers`; `there` says whether anybody takes connections. */
function lineTo(auth: 'open' | 'required', answers: Answers, there: () => boolean): SocketConstructor {
  const hello = {
    ...{ type: 'hello', server: 'tutti', version: '1.0.0', epoch: 'life', server_time_us: 0 },
    ...{ protocol: { current: PROTOCOL.current, min: PROTOCOL.current }, connection_id: 'c', auth },
  };
  return class implements Socket {
    readonly #listeners = new Map<string, (event: SocketEvent) => void>();
    constructor(_url: string) {
      setImmediate(() => (there() ? this.#say(hello) : this.#end(1006)));
    }
    send(text: string): void {
      const frame = Frame.parse(JSON.parse(text));
      setImmediate(() => {
        for (const answer of answers(frame))
          if (typeof answer === 'number') this.#end(answer);
          else this.#say(answer);
      });
    }
    close(): void {
      this.#end(1000);
    }
    addEventListener(type: string, listener: (event: SocketEvent) => void): void {
      this.#listeners.set(type, listener);
    }
    #say(frame: object): void {
      this.#listeners.get('message')?.({ type: 'message', data: JSON.stringify(frame) });
    }
    #end(code: number): void {
      this.#listeners.get('close')?.({ type: 'close', code });
    }
  };
}

function start(clock: ManualClock, WebSocket: SocketConstructor): { satellite: Satellite; told: Standing[] } {
  const told: Standing[] = [];
  const satellite = new Satellite({
    ...{ serverUrl: 'http://house:8080', token: 'token', satelliteId: 'barn', name: 'Barn' },
    ...{ definition: nullDriver, outputs: [], runtimeDir: '/nowhere' },
    ...{ clock, log: createLogger('silent'), random: () => 0.5, WebSocket },
    onStanding: (standing) => told.push(standing),
  });
  open.push(satellite);
  return { satellite, told };
}

const reply = (id: string | undefined, data: object): object => ({ type: 'reply', id, ok: true, data });

it('a satellite whose token is not taken ends with a sentence', async () => {
  const { satellite, told } = start(
    new ManualClock(),
    lineTo(
      'required',
      ({ type }) => (type === 'auth' ? [4001] : []),
      () => true,
    ),
  );
  await expect(satellite.done).rejects.toThrow('http://house:8080 does not take this token');
  expect(told).toEqual([]);
});

it('a satellite whose twin takes its place again and again gives way, and says so', async () => {
  const clock = new ManualClock();
  let offers = 0;
  const answers: Answers = ({ id, type }) => {
    if (type === 'satellite:offer') return [reply(id, { session_id: `session-${++offers}` })];
    if (type !== 'satellite:work') return [];
    const error = { code: 'ERR_NOT_FOUND', message: 'this session is over', retryable: false, params: {} };
    return [{ type: 'error', id, error }];
  };
  const { told } = start(
    clock,
    lineTo('open', answers, () => true),
  );
  await clock.advance(120_000);
  expect(told).toEqual(['twin']);
  expect(offers).toBeLessThan(12);
  expect(offers).toBeGreaterThan(4);
});

it('a satellite tells when its server is away, and when it is there', async () => {
  const clock = new ManualClock();
  let there = false;
  const answers: Answers = ({ id, type }) => {
    if (type === 'satellite:offer') return [reply(id, { session_id: 'session' })];
    return type === 'satellite:work' ? [reply(id, { calls: [] })] : [];
  };
  let works = 0;
  const paced: Answers = (frame) => (frame.type === 'satellite:work' && ++works > 3 ? [] : answers(frame));
  const { told } = start(
    clock,
    lineTo('open', paced, () => there),
  );
  await clock.advance(60_000);
  expect(told).toEqual(['away']);
  there = true;
  await clock.advance(16_000);
  expect(told).toEqual(['away', 'connected']);
});
