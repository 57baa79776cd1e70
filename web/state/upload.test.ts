import { describe, expect, it } from 'vitest';
import { ClientError, disconnected } from '../../src/client/client-error.js';
import type { CommandType } from '../../src/protocol/commands.js';
import { Upload, type UploadParts } from './upload.js';

const MB = 1_048_576;
const fileOf = (size: number): File => new File([new Uint8Array(size)], 'x');

/** A server that keeps what it is sent, as far as the line lets it through. */
function rig(sizes: readonly number[]) {
  const received = sizes.map(() => 0);
  const asked: CommandType[] = [];
  const waits: number[] = [];
  const line = { breaksAfter: Infinity, conflict: false, knows: true, over: false };
  let now = 0;
  const parts: UploadParts = {
    client: {
      send: ((type: CommandType) => {
        asked.push(type);
        if (type === 'upload:finish' && line.over) {
          line.over = false;
          received.fill(0);
          return Promise.reject(conflict());
        }
        if (type === 'upload:status' && !line.knows) return Promise.reject(notFound());
        return Promise.resolve({ download_id: 'd1', received_bytes: [...received] });
      }) as UploadParts['client']['send'],
    },
    put: (_id, n, offset, bytes) => {
      if (line.breaksAfter-- <= 0) {
        line.breaksAfter = Infinity;
        return Promise.reject(disconnected());
      }
      if (offset !== received[n])
        return Promise.reject(
          new ClientError({
            code: 'ERR_CONFLICT',
            message: 'not there',
            retryable: false,
            params: { offset: received[n] ?? 0 },
          }),
        );
      now += 1_000;
      received[n] = offset + bytes.byteLength;
      return Promise.resolve();
    },
    after: (ms, run) => {
      waits.push(ms);
      queueMicrotask(run);
      return { cancel: () => undefined };
    },
    nowMs: () => now,
    changed: () => undefined,
  };
  const files = sizes.map((size, n) => ({ path: `${n}.flac`, file: fileOf(size) }));
  const make = (more = {}): Upload => new Upload(parts, { title: 'Blue Hours', files }, more);
  return { received, asked, waits, line, make };
}

const conflict = (): ClientError =>
  new ClientError({ code: 'ERR_CONFLICT', message: 'over', retryable: false });
const notFound = (): ClientError =>
  new ClientError({ code: 'ERR_NOT_FOUND', message: 'no such upload', retryable: false });

describe('an upload', () => {
  it('announces its files, sends every byte and says that this is all', async () => {
    const { make, received, asked } = rig([3 * MB, 0, 5]);
    const upload = make();
    await upload.run();
    expect(received).toEqual([3 * MB, 0, 5]);
    expect(asked).toEqual(['upload:begin', 'upload:finish']);
    expect(upload.view.peek()).toMatchObject({ state: 'done', files_left: 0, sent_bytes: 3 * MB + 5 });
  });

  it('asks what has arrived when the line broke, and sends the rest alone', async () => {
    const { make, received, asked, line, waits } = rig([7 * MB]);
    line.breaksAfter = 2;
    await make().run();
    expect(received).toEqual([7 * MB]);
    expect(asked).toEqual(['upload:begin', 'upload:status', 'upload:finish']);
    expect(waits).toEqual([1_000]);
  });

  it('goes on where it was when it is chosen again after the page was closed', async () => {
    const { make, received, asked } = rig([4 * MB]);
    received[0] = 2 * MB;
    await make({ download_id: 'd1' }).run();
    expect(asked).toEqual(['upload:status', 'upload:finish']);
    expect(received).toEqual([4 * MB]);
  });

  it('begins anew when the one of before is not there any more', async () => {
    const { make, asked, line } = rig([10]);
    line.knows = false;
    await make({ download_id: 'old' }).run();
    expect(asked).toEqual(['upload:status', 'upload:begin', 'upload:finish']);
  });

  it('begins anew when the one of before was given up', async () => {
    const { make, received, asked, line } = rig([10]);
    received[0] = 10;
    line.over = true;
    await make({ download_id: 'old' }).run();
    expect(asked).toEqual(['upload:status', 'upload:finish', 'upload:begin', 'upload:finish']);
    expect(received).toEqual([10]);
  });

  it('ends when somebody removes it meanwhile, and says so', async () => {
    const { make, line } = rig([4 * MB]);
    line.breaksAfter = 1;
    line.knows = false;
    const upload = make();
    await upload.run();
    expect(upload.view.peek()).toMatchObject({ state: 'failed', error: 'Somebody has removed it' });
  });

  it('rests while it is on hold, and sends the rest after', async () => {
    const { make, received } = rig([2 * MB]);
    const upload = make();
    upload.pause();
    expect(upload.view.peek().state).toBe('paused');
    upload.resume();
    await upload.run();
    expect(received).toEqual([2 * MB]);
  });
});
