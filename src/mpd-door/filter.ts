import { folded, tagNamed, valueOf, type Song, type TagName } from './tags.js';
import { ACK, parseRange, Refusal, type Range } from './wire.js';

/** What songs must be like. */
export type Filter =
  | { readonly kind: 'all'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter }
  | { readonly kind: 'base'; readonly path: string }
  | {
      readonly kind: 'text';
      readonly field: TagName | 'file' | 'any';
      readonly way: 'is' | 'contains' | 'starts';
      readonly value: string;
      /** Case and accents do not matter; they are off the value already. */
      readonly fold: boolean;
    };

const MAX_DEPTH = 16;
const MAX_LENGTH = 4096;

type Field = TagName | 'file' | 'any' | 'base';

function fieldNamed(text: string): Field | undefined {
  const lower = text.toLowerCase();
  if (lower === 'file' || lower === 'filename') return 'file';
  if (lower === 'any') return 'any';
  return lower === 'base' ? 'base' : tagNamed(text);
}

/**
 * The filter in a command's arguments: expressions in parentheses, or pairs of a tag and a value, or both, as MPD takes them. `fold` is
 * what `search` does: case does not matter, and a pair asks for a part of the value.
 */
export function parseFilter(args: readonly string[], fold: boolean): Filter {
  const of: Filter[] = [];
  for (let at = 0; at < args.length;) {
    const first = args[at]!;
    if (first.startsWith('(')) {
      of.push(parseExpression(first, fold));
      at++;
      continue;
    }
    const value = args[at + 1];
    if (value === undefined) throw new Refusal(ACK.argument, 'Incorrect number of filter arguments');
    of.push(pair(first, value, fold));
    at += 2;
  }
  return of.length === 1 ? of[0]! : { kind: 'all', of };
}

function pair(name: string, value: string, fold: boolean): Filter {
  const field = fieldNamed(name);
  if (field === undefined) throw new Refusal(ACK.argument, 'Unknown filter type');
  if (field === 'base') return base(value);
  return { kind: 'text', field, way: fold ? 'contains' : 'is', value: fold ? folded(value) : value, fold };
}

function base(path: string): Filter {
  return { kind: 'base', path: path.replace(/^\/+|\/+$/g, '') };
}

/** One expression, such as `((Artist == "x") AND (Date != "1999"))`. */
export function parseExpression(text: string, fold: boolean): Filter {
  if (text.length > MAX_LENGTH) throw new Refusal(ACK.argument, 'the filter is too long');
  const reader = new Reader(text);
  const filter = expression(reader, fold, 0);
  if (!reader.done) throw new Refusal(ACK.argument, 'Unparsed garbage after expression');
  return filter;
}

class Reader {
  #at = 0;
  constructor(readonly text: string) {
    this.space();
  }

  get done(): boolean {
    return this.#at >= this.text.length;
  }

  get next(): string {
    return this.text[this.#at] ?? '';
  }

  space(): void {
    while (!this.done && this.text.charCodeAt(this.#at) <= 0x20) this.#at++;
  }

  take(what: string): boolean {
    if (!this.text.startsWith(what, this.#at)) return false;
    this.#at += what.length;
    this.space();
    return true;
  }

  expect(what: string): void {
    if (!this.take(what)) throw new Refusal(ACK.argument, `'${what}' expected`);
  }

  word(): string {
    const word = /^[A-Za-z_-]+/.exec(this.text.slice(this.#at, this.#at + 64))?.[0];
    if (word === undefined) throw new Refusal(ACK.argument, 'Word expected');
    this.#at += word.length;
    this.space();
    return word;
  }

  string(): string {
    const quote = this.next;
    if (quote !== '"' && quote !== "'") throw new Refusal(ACK.argument, 'Quoted string expected');
    let value = '';
    for (this.#at++; this.next !== quote; this.#at++) {
      if (this.next === '\\') this.#at++;
      if (this.done) throw new Refusal(ACK.argument, 'Closing quote not found');
      value += this.next;
    }
    this.#at++;
    this.space();
    return value;
  }
}

function expression(reader: Reader, fold: boolean, depth: number): Filter {
  if (depth > MAX_DEPTH) throw new Refusal(ACK.argument, 'the filter is nested too deeply');
  reader.expect('(');
  if (reader.next === '(') return conjunction(reader, fold, depth);
  if (reader.take('!')) {
    const of = expression(reader, fold, depth + 1);
    reader.expect(')');
    return { kind: 'not', of };
  }
  const word = reader.word();
  const field = fieldNamed(word);
  if (field === undefined) throw new Refusal(ACK.argument, `Unknown filter type: ${word}`);
  const filter = field === 'base' ? base(reader.string()) : comparison(reader, field, fold);
  reader.expect(')');
  return filter;
}

function conjunction(reader: Reader, fold: boolean, depth: number): Filter {
  const of = [expression(reader, fold, depth + 1)];
  while (!reader.take(')')) {
    if (reader.word() !== 'AND') throw new Refusal(ACK.argument, "'AND' expected");
    of.push(expression(reader, fold, depth + 1));
  }
  return of.length === 1 ? of[0]! : { kind: 'all', of };
}

function comparison(reader: Reader, field: TagName | 'file' | 'any', fold: boolean): Filter {
  const test = (way: 'is' | 'contains' | 'starts', sure: boolean): Filter => {
    const value = reader.string();
    const filter: Filter = { kind: 'text', field, way, value: fold ? folded(value) : value, fold };
    return sure ? filter : { kind: 'not', of: filter };
  };
  if (reader.take('==')) return test('is', true);
  if (reader.take('!=')) return test('is', false);
  // An expression of a stranger can keep a backtracking engine busy for ever; an MPD without PCRE refuses it, too.
  if (reader.take('=~') || reader.take('!~'))
    throw new Refusal(ACK.argument, 'regular expressions are not supported');
  const sure = !reader.take('!');
  const word = reader.word();
  if (word === 'contains') return test('contains', sure);
  if (word === 'starts_with') return test('starts', sure);
  throw new Refusal(ACK.argument, `Unknown filter operator: ${word}`);
}

/** Whether a song is as the filter wants it. */
export function matches(filter: Filter, song: Song): boolean {
  switch (filter.kind) {
    case 'all':
      return filter.of.every((each) => matches(each, song));
    case 'not':
      return !matches(filter.of, song);
    case 'base':
      return filter.path === '' || song.uri === filter.path || song.uri.startsWith(`${filter.path}/`);
    case 'text':
      if (filter.field === 'file') return compare(filter, song.uri);
      if (filter.field === 'any')
        return Object.values(song.tags).some((value) => value !== undefined && compare(filter, value));
      return compare(filter, valueOf(song, filter.field));
    default:
      return filter satisfies never;
  }
}

function compare({ way, value, fold }: Extract<Filter, { kind: 'text' }>, text: string): boolean {
  const has = fold ? folded(text) : text;
  if (way === 'is') return has === value;
  return way === 'contains' ? has.includes(value) : has.startsWith(value);
}

/** What all songs of an album have in common; `artists` is undefined while nobody has looked. */
export interface AlbumFacts {
  readonly path: string;
  readonly title: string;
  readonly artist: string;
  readonly date: string;
  readonly artists: readonly string[] | undefined;
}

/** What a filter says about a whole album: all of its songs match, none does, or it depends on the song. */
export function judge(filter: Filter, album: AlbumFacts): boolean | undefined {
  switch (filter.kind) {
    case 'all': {
      const verdicts = filter.of.map((each) => judge(each, album));
      if (verdicts.includes(false)) return false;
      return verdicts.includes(undefined) ? undefined : true;
    }
    case 'not': {
      const verdict = judge(filter.of, album);
      return verdict === undefined ? undefined : !verdict;
    }
    case 'base': {
      const { path } = filter;
      if (path === '' || path === album.path || album.path.startsWith(`${path}/`)) return true;
      return path.startsWith(`${album.path}/`) ? undefined : false;
    }
    case 'text':
      return judgeText(filter, album);
    default:
      return filter satisfies never;
  }
}

function judgeText(filter: Extract<Filter, { kind: 'text' }>, album: AlbumFacts): boolean | undefined {
  if (filter.field === 'Album') return compare(filter, album.title);
  if (filter.field === 'AlbumArtist') return compare(filter, album.artist);
  if (filter.field === 'Date') return compare(filter, album.date);
  if (filter.field !== 'Artist' || !album.artists) return undefined;
  const verdicts = album.artists.map((artist) => compare(filter, artist));
  if (verdicts.every((verdict) => verdict)) return true;
  return verdicts.includes(true) ? undefined : false;
}

/** What may follow a filter: `sort`, `window`, `group` and, for adding, `position`. */
export interface Options {
  readonly filter: readonly string[];
  readonly sort: { readonly by: TagName; readonly down: boolean } | undefined;
  readonly window: Range;
  /** The last one named comes first: it is the outermost. */
  readonly groups: readonly TagName[];
  readonly position: string | undefined;
}

/** Takes the options off the end of a command's arguments. */
export function splitOptions(
  args: readonly string[],
  allowed: readonly ('sort' | 'window' | 'group' | 'position')[],
): Options {
  const rest = [...args];
  let sort: Options['sort'];
  let window: Range = { start: 0, end: Infinity };
  let position: string | undefined;
  const groups: TagName[] = [];
  for (;;) {
    const name = rest.at(-2) as (typeof allowed)[number] | undefined;
    if (rest.length < 2 || name === undefined || !allowed.includes(name)) break;
    const value = rest.at(-1)!;
    rest.length -= 2;
    if (name === 'window') window = parseRange(value);
    else if (name === 'position') position = value;
    else {
      const down = name === 'sort' && value.startsWith('-');
      const tag = tagNamed(down ? value.slice(1) : value);
      if (!tag) throw new Refusal(ACK.argument, name === 'sort' ? 'Unknown sort tag' : 'Unknown group type');
      if (name === 'sort') sort = { by: tag, down };
      else groups.push(tag);
    }
  }
  return { filter: rest, sort, window, groups, position };
}
