import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SnapserverOptions } from './options.js';
import { formatOf, streamOfPort, viewOf } from './view.js';
import { encodeRequest, MAX_LINE, MessageLines, Status, type Message } from './wire.js';

const TUTTI = { id: 'Tutti', status: 'idle', uri: { scheme: 'tcp', host: '0.0.0.0:4953', query: {} } };
const OTHER = { id: 'Other', status: 'playing', uri: { scheme: 'pipe', host: '', query: {} } };

function status(client: object = {}, group: object = {}): Status {
  const config = { latency: 0, volume: { percent: 40, muted: false }, name: 'more than we know' };
  const clients = [{ id: 'kitchen', connected: true, config, ...client }];
  const groups = [{ id: 'g', stream_id: 'Tutti', muted: false, clients, ...group }];
  const server = { snapserver: { version: '0.26.0' } };
  return Status.parse({ server: { groups, streams: [TUTTI, OTHER], server } });
}

describe('lines', () => {
  it('become the same messages, however they are cut', () => {
    const text = Buffer.from(
      '{"id":1,"jsonrpc":"2.0","result":{"a":"ü"}}\r\n\r\n{"jsonrpc":"2.0","method":"Server.OnUpdate","params":{}}\r\n{"id":2,"error":{"code":-32603,"message":"no"}}\n',
    );
    const all = [
      { id: 1, result: { a: 'ü' } },
      { method: 'Server.OnUpdate' },
      { id: 2, error: { code: -32603, message: 'no' } },
    ];
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 8 }), (cuts) => {
        const lines = new MessageLines();
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const read: Message[] = [];
        places.slice(1).forEach((end, n) => read.push(...lines.push(text.subarray(places[n], end))));
        expect(read).toEqual(all);
      }),
    );
  });

  it('of what is no message are refused', () => {
    for (const text of ['nonsense\n', '[]\n', '{"id":"x"}\n', '7\n', '{"id":1,"error":"x"}\n'])
      expect(() => new MessageLines().push(Buffer.from(text))).toThrow(
        expect.objectContaining({ code: 'ERR_BAD_MESSAGE' }),
      );
  });

  it('without end are refused', () => {
    const lines = new MessageLines();
    lines.push(Buffer.alloc(MAX_LINE, 'x'));
    expect(() => lines.push(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'ERR_BAD_MESSAGE' }));
  });

  it('are one for each request', () => {
    const text = encodeRequest(7, 'Client.SetVolume', { id: 'a\nb' });
    expect(text).toBe('{"id":7,"jsonrpc":"2.0","method":"Client.SetVolume","params":{"id":"a\\nb"}}\r\n');
    expect(encodeRequest(8, 'Server.GetStatus', undefined)).not.toContain('params');
  });
});

describe('a status', () => {
  it('says how a client is, and which streams it could hear', () => {
    expect(viewOf(status(), 'kitchen')).toEqual({
      version: '0.26.0',
      connected: true,
      percent: 40,
      client_muted: false,
      group_muted: false,
      group_id: 'g',
      stream_id: 'Tutti',
      sounding: false,
      outputs: [
        { output_id: 'Tutti', name: 'Tutti', active: true },
        { output_id: 'Other', name: 'Other', active: false },
      ],
    });
    expect(viewOf(status(), 'bath')).toBeUndefined();
    expect(viewOf(status({}, { stream_id: 'Other' }), 'kitchen')?.sounding).toBe(true);
  });

  it('never makes a volume that is none', () => {
    const loud = (percent: number): number | undefined =>
      viewOf(status({ config: { latency: 0, volume: { percent, muted: false } } }), 'kitchen')?.percent;
    expect([loud(-3), loud(33.4), loud(1000)]).toEqual([0, 33, 100]);
  });

  it('names the stream of a port, and its format', () => {
    const stream = streamOfPort(status(), 4953);
    expect(stream?.id).toBe('Tutti');
    expect(streamOfPort(status(), 953)).toBeUndefined();
    const format = (sampleformat: string): unknown =>
      formatOf({ id: 'x', status: '', uri: { scheme: 'tcp', host: '', query: { sampleformat } } });
    expect(stream && formatOf(stream)).toEqual({ rate: 48_000, channels: 2, chunk_ms: 20 });
    expect(format('44100:16:1')).toEqual({ rate: 44_100, channels: 1, chunk_ms: 20 });
    for (const other of ['48000:24:2', '*:*:*', '48000:16:99', '']) expect(format(other)).toBeUndefined();
  });
});

it('takes only addresses of tcp sources', () => {
  const takes = (source: string): boolean =>
    SnapserverOptions.safeParse({ host: 'h', client_id: 'c', source }).success;
  for (const source of ['tcp://10.0.0.5:4953', 'tcp://snap.local:1', 'tcp://[fe80::1]:65535'])
    expect(takes(source)).toBe(true);
  for (const source of ['pipe:///tmp/fifo', 'tcp://host', 'tcp://host:0', 'tcp://host:70000', 'tcp://a b:1'])
    expect(takes(source)).toBe(false);
});
