import { readFileSync } from 'node:fs';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { toError } from '../base/index.js';
import type { Problem } from './problem.js';

/** Settings as somebody wrote them, and where each of them stands. */
export interface Written {
  /** What has nothing behind its colon is not in it: that is the same as not written. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Why the whole cannot be read; then there are no values. */
  readonly problems: readonly Problem[];
  /** `file:line:column` of a value, or of the nearest thing around it that there is. */
  placeOf(this: void, path: readonly PropertyKey[]): string;
  /** The same of the key before a value. */
  placeOfKey(this: void, key: string): string;
}

/** Long before that, something is wrong. */
const MAX_BYTES = 1024 * 1024;

/** Never throws: what is wrong with the file is among the problems. */
export function readSettingsFile(file: string): Written {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return unread(file, [{ where: file, reason: `the file cannot be read (${toError(error).message}).` }]);
  }
  if (text.length > MAX_BYTES)
    return unread(file, [{ where: file, reason: 'the file is far too large for settings.' }]);
  return readSettingsText(text, file);
}

export function readSettingsText(text: string, file: string): Written {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  if (document.errors.length > 0)
    return unread(
      file,
      document.errors.map(({ pos: [offset], code, message }) => ({
        where: at(offset),
        ...wordsOf(code, message),
      })),
    );
  const content: unknown = plainContent(document);
  if (content instanceof Error)
    return unread(file, [{ where: file, reason: `the file cannot be read (${content.message}).` }]);
  if (content !== null && !isMap(document.contents))
    return unread(file, [
      {
        where: at(document.contents?.range?.[0] ?? 0),
        reason: 'settings are expected, as "key: value" lines.',
        suggestion: 'For example: port: 8080',
      },
    ]);
  const entries = content === null ? [] : Object.entries(content as Record<string, unknown>);
  return {
    values: new Map(entries.filter(([, value]) => value !== null)),
    problems: [],
    placeOf: (path) => at(offsetOf(document, path)),
    placeOfKey: (key) => at(keyOffset(document, key)),
  };
}

function unread(file: string, problems: readonly Problem[]): Written {
  return { values: new Map(), problems, placeOf: () => file, placeOfKey: () => file };
}

/** Aliases that multiply are refused by the parser. */
function plainContent(document: Document.Parsed): unknown {
  try {
    return document.toJS();
  } catch (error) {
    return toError(error);
  }
}

function wordsOf(code: string, message: string): Omit<Problem, 'where'> {
  switch (code) {
    case 'TAB_AS_INDENT':
      return { reason: 'a line begins with a tab.', suggestion: 'Indent with spaces.' };
    case 'BAD_INDENT':
      return { reason: 'this line is indented in another way than its neighbours.' };
    case 'DUPLICATE_KEY':
      return { reason: 'this key stands here for the second time.', suggestion: 'Remove one of them.' };
    default:
      return { reason: `this is not understood: ${message.replace(/\.?$/, '.')}` };
  }
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

function keyOffset(document: Document.Parsed, key: string): number {
  const { contents } = document;
  return (isMap(contents) && rangeOf(pairOf(contents.items, key)?.key)) || 0;
}

function pairOf<P extends { readonly key: unknown }>(pairs: readonly P[], key: string): P | undefined {
  return pairs.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

function rangeOf(node: unknown): number | undefined {
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) return undefined;
  return node.range?.[0];
}
