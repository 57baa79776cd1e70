import { AppError, toError, within, type Clock } from '../base/index.js';
import { openWeb, readText, type AddressGuard } from '../net/index.js';

/** A stream as a player can open it. */
export interface Stream {
  readonly url: string;
  readonly title?: string;
}

const LIST = /\.(m3u|pls)$/i;
const LIMIT_BYTES = 64 * 1024;
const FETCH_MS = 6_000;

export interface StreamParts {
  readonly clock: Clock;
  /** Of this house: what strangers name is asked through it. */
  readonly guard: AddressGuard;
}

/**
 * Stations hand out little lists (m3u, pls) that name their stream; players of ours never open lists, because a list can name anything.
 * The first http(s) entry counts. HLS (m3u8) is no such list and is passed on. Throws ERR_UNPLAYABLE when a list has no usable entry,
 * ERR_ADDRESS_REFUSED when it, or what it names, is inside the own network and not let through.
 */
export async function resolveStream(url: string, { clock, guard }: StreamParts): Promise<Stream> {
  if (!LIST.test(new URL(url).pathname)) return { url };
  const wait = { clock, what: 'reading a station list', ms: FETCH_MS, code: 'ERR_UNPLAYABLE' } as const;
  try {
    return await within(wait, async (signal) => {
      const request = { guard, clock, signal };
      const answer = await openWeb(url, request);
      if (answer.status !== 200) {
        answer.body.destroy();
        throw new AppError('ERR_UNPLAYABLE', `the server said ${answer.status}`);
      }
      const stream = firstStream(await readText(answer, LIMIT_BYTES, request));
      if (!stream) throw new AppError('ERR_UNPLAYABLE', 'it names no stream');
      await guard.check(stream.url, signal);
      return stream;
    });
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'ERR_ADDRESS_REFUSED') throw thrown;
    throw new AppError('ERR_UNPLAYABLE', `the station list cannot be used: ${toError(thrown).message}`, {
      cause: thrown,
    });
  }
}

/** The first http(s) line of an m3u or `FileN=` of a pls, with the title that stands with it. */
export function firstStream(text: string): Stream | undefined {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  for (const [at, line] of lines.entries()) {
    const [, number, url] = /^(?:File(\d+)=)?(https?:\/\/\S+)$/i.exec(line) ?? [];
    if (url === undefined) continue;
    const named =
      number === undefined
        ? /^#EXTINF:[^,]*,(.+)$/i.exec(lines[at - 1] ?? '')
        : new RegExp(`^Title${number}=(.+)$`, 'im').exec(text);
    const title = named?.[1]?.trim().slice(0, 200);
    return { url, ...(title !== undefined && title !== '' && { title }) };
  }
  return undefined;
}
