/** What one command may carry, bytes of JSON. */
const MOST_BYTES = 60_000;

/** `Road trip` for `Road trip.m3u8`. */
export function nameOfFile(fileName: string): string {
  return fileName
    .replace(/\.m3u8?$/i, '')
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, 128);
}

/** The text of an m3u file: UTF-8, or Latin-1 where it is not. */
export function decodeList(bytes: BufferSource): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('latin1').decode(bytes);
  }
}

/** The lines that name something, without the comments that other programs leave; undefined when even that is too long to send. */
export function leanList(text: string): string | undefined {
  const lines = text
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && (!line.startsWith('#') || /^#EXTINF:/i.test(line)));
  const lean = lines.join('\n');
  return new TextEncoder().encode(JSON.stringify(lean)).length > MOST_BYTES ? undefined : lean;
}
