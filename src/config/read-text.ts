import { isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { toError } from '../base/index.js';
import type { Problem } from './problem.js';
import { noSettings, syntaxProblems, type Place } from './yaml-words.js';

/** Settings as somebody wrote them, and where each of them stands. */
export interface Written {
  /** What has nothing behind its colon is not in it: that is the same as not written. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Nothing at all is in it, not even a remark. */
  readonly blank: boolean;
  /** Keys that stand twice, or why the whole cannot be read; then there are no values. */
  readonly problems: readonly Problem[];
  /** `file:line:column` of a value, or of the nearest thing around it that there is. */
  placeOf(this: void, path: readonly PropertyKey[]): string;
  /** The same of the key before a value. */
  placeOfKey(this: void, key: string): string;
}

/** Settings have a few hundred values; aliases may make many of one. */
const MAX_VALUES = 100_000;

/** Never throws: what is wrong with the text is among the problems. */
export function readSettingsText(written: string, file: string): Written {
  // Lines of an old Macintosh; the same length, so that places stay.
  const text = written.replaceAll(/\r(?!\n)/g, '\n');
  const lines = new LineCounter();
  // Keys that stand twice are looked for here: the parser compares each with each.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    merge: true,
  });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const problemsOf = (places: readonly Place[]): Problem[] =>
    places.map(({ offset, ...words }) => ({ where: at(offset), ...words }));
  const refuse = (places: readonly Place[]): Written => unread(file, problemsOf(places));
  const wrong = syntaxProblems(document, text);
  if (wrong.length > 0) return refuse(wrong);
  const { nowords, twice } = keyFaults(document);
  if (nowords.length > 0) return refuse([...nowords, ...twice]);
  const content: unknown = plainContent(document);
  if (content instanceof Error) return refuse([aliasFault(text, content)]);
  if (content !== null && !isMap(document.contents)) return refuse([noSettings(document, text)]);
  const keys = keyOffsets(document);
  const entries = content === null ? [] : Object.entries(content as Record<string, unknown>);
  return {
    values: new Map(entries.filter(([, value]) => value !== null)),
    blank: text.trim() === '',
    problems: problemsOf(twice),
    placeOf: (path) => at(offsetOf(document, path)),
    placeOfKey: (key) => at(keys.get(key) ?? 0),
  };
}

/** What could not be read at all. */
export function unread(file: string, problems: readonly Problem[]): Written {
  return { values: new Map(), blank: false, problems, placeOf: () => file, placeOfKey: () => file };
}

/** Aliases that multiply are refused by the parser; those that lead to themselves, here. */
function plainContent(document: Document.Parsed): unknown {
  try {
    const content: unknown = document.toJS();
    let left = MAX_VALUES;
    const count = (value: unknown, around: readonly unknown[]): void => {
      if (left-- <= 0 || around.includes(value)) throw new Error('too many values');
      if (typeof value !== 'object' || value === null) return;
      for (const inner of Object.values(value)) count(inner, [...around, value]);
    };
    count(content, []);
    return content;
  } catch (error) {
    return toError(error);
  }
}

function aliasFault(text: string, { message }: Error): Place {
  const missing = /Unresolved alias .*: (.+)$/.exec(message)?.[1];
  const offset = Math.max(0, text.search(missing === undefined ? /[[,:-] *\*[^\s*]/ : /[[,:-] *\*/));
  const place = offset + Math.max(0, text.slice(offset).indexOf('*'));
  if (missing === undefined)
    return { offset: place, reason: 'there is far too much here, or something that contains itself.' };
  return {
    offset: place,
    reason: `*${missing} stands for something that was not named before, with &${missing}.`,
    suggestion: 'Put it into quotes when the text itself begins with *.',
  };
}

/** Keys that stand twice, and what is no key. */
function keyFaults(document: Document.Parsed): { readonly twice: Place[]; readonly nowords: Place[] } {
  const [twice, nowords]: [Place[], Place[]] = [[], []];
  visit(document, {
    Map(_key, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) {
          const offset = rangeOf(key) ?? 0;
          nowords.push({ offset, reason: 'a key is a word.', suggestion: 'For example: port: 8080' });
          continue;
        }
        if (seen.has(key.value) && key.value !== '<<')
          twice.push({
            offset: key.range?.[0] ?? 0,
            reason: `${String(key.value)} stands here for the second time.`,
            suggestion: 'Remove one of them.',
          });
        seen.add(key.value);
      }
    },
  });
  return { twice, nowords };
}

function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const part of path) {
    let next: unknown;
    if (isMap(node)) next = pairOf(node.items, String(part))?.value;
    if (isSeq(node)) next = node.items[Number(part)];
    const range = rangeOf(next);
    if (range === undefined) break;
    [node, offset] = [next, range];
  }
  return offset;
}

function keyOffsets({ contents }: Document.Parsed): ReadonlyMap<string, number> {
  const items = isMap(contents) ? contents.items : [];
  return new Map(
    items.flatMap(({ key }): [string, number][] =>
      isScalar(key) ? [[String(key.value), rangeOf(key) ?? 0]] : [],
    ),
  );
}

function pairOf<P extends { readonly key: unknown }>(pairs: readonly P[], key: string): P | undefined {
  return pairs.findLast((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

function rangeOf(node: unknown): number | undefined {
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) return undefined;
  return node.range?.[0];
}
