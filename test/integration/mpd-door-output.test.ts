import { createServer, connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { ManualClock } from '../fakes/manual-clock.js';
import { Gone, Output } from '../../src/mpd-door/output.js';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Both ends of a connection; nobody reads at the far one. */
async function pairOfSockets(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const arrived = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const far = connect(address.port, '127.0.0.1');
  far.pause();
  const near = await arrived;
  ends.push(() => {
    far.destroy();
    near.destroy();
    server.close();
  });
  return { near, far };
}

it('gives up a client that takes nothing for half a minute, and holds one part for it at most', async () => {
  const { near } = await pairOfSockets();
  const clock = new ManualClock();
  const output = new Output(near, clock);
  const answer = async (): Promise<void> => {
    for (;;) {
      output.pair('file', 'x'.repeat(1000));
      await output.pace();
    }
  };
  const over = answer().catch((error: unknown) => error);
  while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(near.writableLength).toBeLessThan(64 * 1024);
  await clock.advance(30_000);
  expect(await over).toBeInstanceOf(Gone);
  expect(near.destroyed).toBe(true);
});

it('says a tag with line breaks on one line', async () => {
  const { near, far } = await pairOfSockets();
  const output = new Output(near, new ManualClock());
  const said = new Promise((resolve) => far.once('data', (chunk) => resolve(chunk.toString())));
  far.resume();
  output.pair('Title', 'a\nOK\nfile: b');
  await output.flush();
  expect(await said).toBe('Title: a OK file: b\n');
});
