import type { Output } from '../../src/protocol/index.js';
import type { Status, Stream } from './wire.js';

/** 16 bit, little endian. */
export interface SoundFormat {
  readonly rate: number;
  readonly channels: number;
  /** So much is read at once. */
  readonly chunk_ms: number;
}

/** What a snapserver's status says about one of its clients. */
export interface View {
  readonly version: string;
  readonly connected: boolean;
  readonly percent: number;
  readonly client_muted: boolean;
  readonly group_muted: boolean;
  readonly group_id: string;
  readonly stream_id: string;
  /** The stream of its group has sound now. */
  readonly sounding: boolean;
  readonly outputs: readonly Output[];
}

/** Undefined when the snapserver does not know this client. */
export function viewOf(status: Status, clientId: string): View | undefined {
  const { groups, streams, server } = status.server;
  for (const group of groups) {
    const client = group.clients.find(({ id }) => id === clientId);
    if (!client) continue;
    const { percent, muted } = client.config.volume;
    return {
      version: server.snapserver.version,
      connected: client.connected,
      percent: Math.round(Math.min(100, Math.max(0, percent))),
      client_muted: muted,
      group_muted: group.muted,
      group_id: group.id,
      stream_id: group.stream_id,
      sounding: streams.some(({ id, status: is }) => id === group.stream_id && is === 'playing'),
      outputs: streams
        .filter(({ id }) => id.length > 0 && id.length <= 256)
        .map(({ id }) => ({ output_id: id, name: id, active: id === group.stream_id })),
    };
  }
  return undefined;
}

/** The stream that plays what a TCP port takes. */
export function streamOfPort(status: Status, port: number): Stream | undefined {
  return status.server.streams.find(
    ({ uri }) => uri.scheme === 'tcp' && uri.host.endsWith(`:${port}`) && uri.query['mode'] !== 'client',
  );
}

/** `48000:16:2`; undefined for what cannot be made here. */
export function formatOf({ uri }: Stream): SoundFormat | undefined {
  const [, rate, channels] = /^(\d{4,6}):16:([1-8])$/.exec(uri.query['sampleformat'] ?? '48000:16:2') ?? [];
  if (rate === undefined || channels === undefined) return undefined;
  const chunk = /^\d{1,3}$/.exec(uri.query['chunk_ms'] ?? '20')?.[0] ?? '20';
  return { rate: Number(rate), channels: Number(channels), chunk_ms: Number(chunk) };
}
