import { compact } from './fold.js';

/** What the name of one file says. */
export interface NameOfFile {
  readonly disc?: number;
  readonly track?: number;
  readonly artist?: string;
  readonly title?: string;
}

/** What the names of folders say. */
export interface NameOfFolder {
  readonly artist?: string;
  readonly album?: string;
  readonly year?: number;
}

const DISC_FOLDER = /^(cd|disc|disk|disque|side)[\s._#-]*(\d{1,2})\b/i;

/** The disc that a folder is, by its name. */
export function discOf(folder: string): number | undefined {
  const found = DISC_FOLDER.exec(folder)?.[2];
  return found === undefined ? undefined : Number(found);
}

/** `01 Title`, `1-01 Title`, `A1 Title`, `Artist - 01 - Title`, `01 - Artist - Title`. */
export function readFileName(path: string): NameOfFile {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]+$/, '');
  const text = (name.includes(' ') ? name : name.replace(/_/g, ' ')).normalize('NFC').trim();
  const twoNumbers = /^(\d{1,2})[-.](\d{1,3})[\s._-]+(.*)$/.exec(text);
  if (twoNumbers)
    return { disc: Number(twoNumbers[1]), track: Number(twoNumbers[2]), ...titled(twoNumbers[3]) };
  const number = /^(\d{1,3})(?:[\s._)-]+(.*))?$/.exec(text);
  if (number) return { track: Number(number[1]), ...titled(number[2]) };
  const side = /^[A-H]\d{1,2}[\s._-]+(.*)$/.exec(text);
  if (side) return titled(side[1]);
  const middle = /^(.+?) - (\d{1,3}) - (.+)$/.exec(text);
  if (middle) return { artist: middle[1]!.trim(), track: Number(middle[2]), title: middle[3]!.trim() };
  return titled(text);
}

function titled(rest: string | undefined): NameOfFile {
  const text = rest?.trim() ?? '';
  const split = /^(.+?) - (.+)$/.exec(text);
  if (split) return { artist: split[1]!.trim(), title: split[2]!.trim() };
  return text === '' ? {} : { title: text };
}

/** Names that all files have before their titles are the artist; where they differ they belong to the title. */
export function readFileNames(paths: readonly string[]): NameOfFile[] {
  const read = paths.map(readFileName);
  const artists = new Set(read.map(({ artist }) => (artist === undefined ? '' : compact(artist))));
  if (artists.size === 1) return read;
  return read.map(({ artist, title, ...rest }) =>
    title === undefined ? rest : { ...rest, title: artist === undefined ? title : `${artist} - ${title}` },
  );
}

const YEAR = /[([]?\b((?:19|20)\d\d)\b[)\]]?/;
/** What shops and encoders hang onto the name of a folder. */
const TAIL =
  /[\s_-]*[[({][^\])}]*\b(flac|mp3|aac|alac|opus|ogg|wav|aiff|web|cd|vinyl|lossless|320|v0|\d{2}[-\s]?(bit|44|48|96|192)[^\])}]*)\b[^\])}]*[\])}]/gi;

/** The names of the folders that hold an album, the outermost first: `Artist/Album (1999)`, `Artist - Album [FLAC]`, `Artist - 1999 - Album`. */
export function readFolderNames(folders: readonly string[]): NameOfFolder {
  const names = folders.filter((name) => discOf(name) === undefined && name !== '');
  const last = names.at(-1);
  if (last === undefined) return {};
  let text = last.normalize('NFC').replace(/_/g, ' ').replace(TAIL, '').trim();
  const bracketed =
    /[([]((?:19|20)\d\d)[)\]]/.exec(text) ??
    /^((?:19|20)\d\d) - /.exec(text) ??
    / - ((?:19|20)\d\d) - /.exec(text);
  const year = bracketed?.[1] === undefined ? undefined : Number(bracketed[1]);
  if (year !== undefined)
    text = bare(text.replace(bracketed![0], bracketed![0].endsWith('- ') ? ' - ' : ' '));
  const split = /^(.+?) - (.+)$/.exec(text);
  const album = split ? split[2]! : text;
  const artist = split ? split[1] : names.at(-2)?.normalize('NFC');
  return {
    ...(artist !== undefined && { artist: artist.trim() }),
    ...(album !== '' && { album: album.trim() }),
    ...(year !== undefined && YEAR.test(String(year)) && { year }),
  };
}

const bare = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/^\s*-\s*|\s*-\s*$/g, '')
    .trim();
