import { AppError, toError, within, type Clock } from '../base/index.js';

/** A stream as a player can open it. */
export interface Stream {
  readonly url: string;
  readonly title?: string;
}

const LIST = /\.(m3u|pls)$/i;
const LIMIT_BYTES = 64 * 1024;
const FETCH_MS = 6_000;

/**
 * Stations hand out little lists (m3u, pls) that name their stream; players of ours never open lists, because a list can name anything.
 * The first http(s) entry counts. HLS (m3u8) is no such list and is passed on. Throws ERR_UNPLAYABLE when a list has no usable entry.
 */
export async function resolveStream(url: string, clock: Clock): Promise<Stream> {
  if (!LIST.test(new URL(url).pathname)) return { url };
  let text: string;
  try {
    text = await within(
      { clock, what: 'reading a station list', ms: FETCH_MS, code: 'ERR_UNPLAYABLE' },
      (signal) => read(url, signal),
    );
  } catch (error) {
    throw new AppError('ERR_UNPLAYABLE', `the station list cannot be read: ${toError(error).message}`, {
      cause: error,
    });
  }
  const stream = firstStream(text);
  if (!stream) throw new AppError('ERR_UNPLAYABLE', 'the station list names no stream');
  return stream;
}

async function read(url: string, signal: AbortSignal): Promise<string> {
  const answer = await fetch(url, { signal, headers: { 'user-agent': 'tutti' } });
  if (!answer.ok) throw new Error(`the server said ${answer.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > LIMIT_BYTES) throw new Error('it is too long for a list');
  }
  return Buffer.concat(chunks).toString('utf8');
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
