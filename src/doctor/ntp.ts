import { createSocket } from 'node:dgram';
import { AppError, within, type Clock } from '../base/index.js';
import { ok, unmeasured, warning, type Finding } from './finding.js';

/** Seconds between 1900, where NTP begins, and 1970. */
const ERA = 2_208_988_800;
const ASK_MS = 2_500;
const OFF_MS = 500;
const BADLY_OFF_MS = 30_000;

/** By how much this machine's clock is behind a time server, ms; and how long the question took. */
export interface TimeAnswer {
  readonly offset_ms: number;
  readonly round_trip_ms: number;
}

/** One question of SNTP. Rejects when nobody answers, or with nonsense. */
export async function askTime(
  { host, port = 123 }: { host: string; port?: number },
  clock: Clock,
  signal: AbortSignal,
): Promise<TimeAnswer> {
  const socket = createSocket('udp4');
  try {
    const limit = {
      clock,
      what: `the answer of the time server ${host}`,
      ms: ASK_MS,
      signal,
      code: 'ERR_BUSY',
    } as const;
    return await within(
      limit,
      () =>
        new Promise((resolve, reject) => {
          const request = Buffer.alloc(48);
          request[0] = 0x23;
          const sentMs = clock.wallMs();
          const sentUs = clock.nowUs();
          socket.once('error', reject);
          socket.on('message', (packet) => {
            if (packet.length < 48 || (packet[0]! & 0x7) !== 4 || packet[1] === 0 || packet[1]! > 15) return;
            const trip = (clock.nowUs() - sentUs) / 1000;
            const theirs = (timeAt(packet, 32) + timeAt(packet, 40)) / 2;
            resolve({ offset_ms: theirs - (sentMs + trip / 2), round_trip_ms: trip });
          });
          socket.send(
            request,
            port,
            host,
            (error) => error && reject(new AppError('ERR_BUSY', error.message)),
          );
        }),
    );
  } finally {
    socket.close();
  }
}

const timeAt = (packet: Buffer, at: number): number =>
  (packet.readUInt32BE(at) - ERA + packet.readUInt32BE(at + 4) / 2 ** 32) * 1000;

/** Only when somebody asked for it: nothing leaves the house by itself. */
export async function checkOffset(
  ask: ((signal: AbortSignal) => Promise<TimeAnswer>) | undefined,
  signal: AbortSignal,
): Promise<Finding> {
  if (!ask) return unmeasured('no time server is asked unless you say so: tutti doctor --ask-time');
  const { offset_ms, round_trip_ms } = await ask(signal);
  const off = Math.round(Math.abs(offset_ms));
  const figures = [
    { name: 'offset', value: Math.round(offset_ms), unit: 'ms' },
    { name: 'round trip', value: Math.round(round_trip_ms), unit: 'ms' },
  ];
  const fix = 'sudo timedatectl set-ntp false && sudo timedatectl set-ntp true';
  if (off > BADLY_OFF_MS)
    return warning(
      `the clock is wrong by ${Math.round(off / 1000)} s: alarms come at the wrong time`,
      fix,
      figures,
    );
  if (off > OFF_MS) return warning(`the clock is wrong by ${off} ms`, fix, figures);
  return ok(`the clock is right within ${off} ms`, figures);
}
