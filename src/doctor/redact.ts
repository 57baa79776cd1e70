import * as z from 'zod';

/** What stands where something was taken out. */
export const HIDDEN = '(hidden)';

/** Keys whose values are secrets or people, whatever they look like. */
const SECRET_KEYS =
  /secret|password|passwd|passphrase|token|cookie|authorization|credential|api_?key|private_?key|^psk$|^key$|invite/i;
const PEOPLE_KEYS =
  /^(?:user_?name|subject|subject_id|user_id|participant_id|person|people|owner|contact|.*_contact)$/i;

/** Shorter ones would take pieces out of ordinary words. */
const LEAST_SECRET = 4;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // user:password@ and token@ in addresses
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]+@/gi, `$1${HIDDEN}@`],
  // API tokens, access tokens, session secrets
  [/\btutti_(?=[\w-]*[A-Z0-9])[\w-]{6,}/g, HIDDEN],
  [/\beyJ[\w-]{6,}(?:\.[\w-]+){0,2}/g, HIDDEN],
  // headers and cookies
  [
    /\b(authorization|proxy-authorization|cookie|set-cookie|x-[a-z-]*(?:token|key))(["']?\s*[:=]\s*["']?)[^"'\n\r]+/gi,
    `$1$2${HIDDEN}`,
  ],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${HIDDEN}`],
  // addresses that are keys
  [/(\/media\/)[^\s"'?#/]+/g, `$1${HIDDEN}`],
  [/(\/(?:link|sign-in|join|invite)[^\s"'/?]*\/)[^\s"'?#]+/g, `$1${HIDDEN}`],
  // what an address or a command line asks with
  [
    /([?&#;\s"'{,]|^)([\w-]*(?:token|secret|password|passwd|passphrase|api_?key|apikey|invite|signature|psk|auth|session)[\w-]*["']?\s*[=:]\s*["']?)[^\s&"'#,;}]+/gi,
    `$1$2${HIDDEN}`,
  ],
  [/(--?[\w-]*(?:password|token|secret)[\w-]*[ =])\S+/gi, `$1${HIDDEN}`],
  [/([?&])([pstu]=)[^\s&"'#]+/g, `$1$2${HIDDEN}`],
  // who has an account on this machine
  [/(\/(?:home|Users)\/)[^\s"'/]+/g, `$1${HIDDEN}`],
  // whatever else is long and made by chance
  [/\b(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{32,}\b/gi, HIDDEN],
];

const Line = z.record(z.string(), z.unknown());

/** Takes secrets out of texts and values: those that are known, and whatever looks like one. */
export class Redactor {
  readonly #known: readonly string[];

  readonly #people: RegExp | undefined;

  /** `known`: secrets that must not be in it wherever they stand. `people`: names, which are taken out where they are words. */
  constructor(known: Iterable<string>, people: Iterable<string> = []) {
    const all = new Set<string>();
    for (const secret of known)
      if (secret.length >= LEAST_SECRET)
        for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
          all.add(form);
    // The longest first, so that none leaves a piece of another.
    const longestFirst = (one: string, other: string): number => other.length - one.length;
    this.#known = [...all].sort(longestFirst);
    const names = [...new Set(people)].filter((name) => name.length > 1).sort(longestFirst);
    if (names.length > 0)
      this.#people = new RegExp(
        `(?<![\\p{L}\\p{N}])(?:${names.map(literal).join('|')})(?![\\p{L}\\p{N}])`,
        'giu',
      );
  }

  text(text: string): string {
    let clean = text;
    for (const secret of this.#known) clean = clean.replaceAll(secret, HIDDEN);
    for (const [pattern, put] of PATTERNS) clean = clean.replace(pattern, put);
    if (this.#people) clean = clean.replace(this.#people, HIDDEN);
    return clean;
  }

  /** The same shape; what is no plain value is left out. Keys stay, for they are ours. */
  value(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
    if (Array.isArray(value)) return value.map((one) => this.value(one));
    if (typeof value !== 'object') return undefined;
    return Object.fromEntries(
      Object.entries(value).map(([key, one]: [string, unknown]) => [
        this.text(key),
        (SECRET_KEYS.test(key) || PEOPLE_KEYS.test(key)) && typeof one !== 'boolean' && one !== undefined
          ? HIDDEN
          : this.value(one),
      ]),
    );
  }

  /** A line of the log: JSON is looked into key by key. */
  line(line: string): string {
    if (!line.startsWith('{')) return this.text(line);
    try {
      return JSON.stringify(this.value(Line.parse(JSON.parse(line))));
    } catch {
      return this.text(line);
    }
  }
}

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** Secrets that stand in settings: to be hidden wherever else they turn up. */
export function secretsIn(value: unknown, key = ''): string[] {
  if (typeof value === 'string') {
    const inUrl = URL.canParse(value) ? credentialsOf(new URL(value)) : [];
    return SECRET_KEYS.test(key) ? [value, ...inUrl] : inUrl;
  }
  if (Array.isArray(value)) return value.flatMap((one) => secretsIn(one, key));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]: [string, unknown]) => secretsIn(one, name));
}

function credentialsOf(url: URL): string[] {
  return [url.username, url.password].flatMap((part) => (part === '' ? [] : [part, decoded(part)]));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
