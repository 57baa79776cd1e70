export interface M3uLine {
  /** Below the folder of the list. */
  readonly path: string;
  readonly title: string;
  readonly artist: string;
  readonly duration_seconds: number;
}

const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();

/** A list for players: UTF-8, paths from the list on, so that it works wherever the stick is. */
export function m3uText(lines: readonly M3uLine[]): string {
  const entries = lines.map(({ path, title, artist, duration_seconds }) => {
    const label = `#EXTINF:${Math.round(duration_seconds)},${oneLine(artist)} - ${oneLine(title)}`;
    // A name may begin like a comment.
    return `${label}\n${path.startsWith('#') ? './' : ''}${path}\n`;
  });
  return `#EXTM3U\n${entries.join('')}`;
}
