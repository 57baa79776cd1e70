import { isIPv4, isIPv6 } from 'node:net';
import * as z from 'zod';

/** What stands where something was taken out. */
export const HIDDEN = '(hidden)';

/** Words in the names of keys whose values are secrets, whatever they look like. */
const WORDS =
  'secret|password|passwd|passphrase|token|cookie|authorization|credential|api_?key|access_?key|private_?key|psk|signature|invite';
const SECRET_WORDS = new RegExp(WORDS, 'i');
const SECRET_KEYS = new RegExp(`${WORDS}|^key$|^e?ssid$`, 'i');
/** A name as addresses, command lines and files of settings have it. */
const NAME = `(?:[\\w-]{0,40}(?:${WORDS}|auth|session)[\\w-]{0,20}|key|link|pass|pwd|sig|sid)`;
const ASKED_WITH = new RegExp(`^${NAME}$`, 'i');
const IS = `["']?\\s{0,4}[=:]\\s{0,4}`;
const QUOTED = `"[^"\\n]{0,500}"|'[^'\\n]{0,500}'`;
const PEOPLE_KEYS =
  /^(?:user_?name|subject|subject_id|user_id|participant_id|person|people|owner|contact|.*_contact)$/i;

/** Shorter ones would take pieces out of ordinary words. */
const LEAST_SECRET = 4;
/** Longer texts are cut: nobody reads on, and nobody may keep this machine busy with one. */
const LONGEST_TEXT = 4_096;
const LONGEST_LINE = 16_384;
const MOST_ENTRIES = 1_000;

type Rule = readonly [pattern: RegExp, put: (all: string, ...parts: string[]) => string];

/** In this order. Each looks at a text once: what strangers write into it cannot keep it busy. */
const RULES: readonly Rule[] = [
  // user:password@ and token@ in addresses
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/"'<>]{1,500}@/gi, (_all, scheme) => `${scheme}${HIDDEN}@`],
  // mail addresses, and password@host as MPD clients write it; names of units stay
  [
    /(?<![\w.+%-])[\w.+%-]{1,64}@([a-z0-9][\w.-]{0,253})/gi,
    (all, host) => (/\.(?:service|socket)$/.test(host ?? '') ? all : HIDDEN),
  ],
  // API tokens, access tokens, session secrets
  [/\btutti_(?=[\w-]{0,80}[A-Z0-9])[\w-]{6,}/g, () => HIDDEN],
  [/\beyJ[\w-]{6,}(?:\.[\w-]+){0,2}/g, () => HIDDEN],
  // headers and cookies, to the end of the line
  [
    /\b(authorization|proxy-authorization|cookie|set-cookie)(["']?\s{0,9}[:=]\s{0,9}["']?)[^"'\n\r]+/gi,
    (_all, name, is) => `${name}${is}${HIDDEN}`,
  ],
  [/\b(bearer|basic)\s{1,9}[\w.~+/=-]{4,}/gi, (_all, kind) => `${kind} ${HIDDEN}`],
  [/\b(token)\s{1,9}(?=\S{0,80}\d)[\w.~+/=-]{6,}/gi, (_all, kind) => `${kind} ${HIDDEN}`],
  [
    /\b(pass(?:word|phrase|wd)|secret|token|pin)(\s{1,9}(?:is|was)\s{1,9})\S+/gi,
    (_all, what, is) => `${what}${is}${HIDDEN}`,
  ],
  // addresses that are keys
  [/(\/media\/)[^\s"'?#/]+/g, (_all, place) => `${place}${HIDDEN}`],
  [/(\/(?:link|sign-in|join|invite)[^\s"'/?]{0,40}\/)[^\s"'?#]+/g, (_all, place) => `${place}${HIDDEN}`],
  // names of wireless networks
  [
    /\b(e?ssid)(["']?\s{0,4}[=:]?\s{0,4})("[^"\n]{0,64}"|'[^'\n]{0,64}'|[^\s,;}"']+)/gi,
    (_all, name, is) => `${name}${is}${HIDDEN}`,
  ],
  // what an address, a command line or a file of settings says beside the name of a secret; passwords may have spaces
  [
    new RegExp(
      `(?<![\\w-])([\\w-]{0,40}(?:pass(?:word|wd|phrase)|psk)[\\w-]{0,20}${IS})(${QUOTED}|[^&"'#,;}\\n]+)`,
      'gi',
    ),
    (_all, is) => `${is}${HIDDEN}`,
  ],
  [
    new RegExp(`(?<![\\w-])(${NAME}${IS})(${QUOTED}|[^\\s&"'#,;}]+)`, 'gi'),
    (all, is, value = '') => (/^(?:true|false|null)$/.test(value) ? all : `${is}${HIDDEN}`),
  ],
  [
    /(?<![\w-])(--?[\w-]{1,64}) ([^\s-]\S*)/g,
    (all, word = '') => (SECRET_WORDS.test(word) ? `${word} ${HIDDEN}` : all),
  ],
  [/([?&])([pstu]=)[^\s&"'#]+/g, (_all, mark, key) => `${mark}${key}${HIDDEN}`],
  // who has an account on this machine
  [/((?:\/(?:home|Users)\/)|(?:\\Users\\))[^\s"'/\\]+/g, (_all, place) => `${place}${HIDDEN}`],
  // where this house is on the internet, and which radios it has
  [/(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)/g, (all) => (isPublic(all) ? HIDDEN : all)],
  [/(?<![\w:])[23][0-9a-f]{3}:[0-9a-f:]{2,40}/gi, (all) => (isIPv6(all) ? HIDDEN : all)],
  [/(?<![\w:-])[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}(?![\w:-])/gi, () => HIDDEN],
  // whatever else is long and made by chance
  [/[\w-]{32,}/g, (all) => (/\d/.test(all) && /[a-z]/i.test(all) ? HIDDEN : all)],
];

/** IPv4 of the internet: not of a house, this machine, a group or a tunnel of a provider. */
function isPublic(address: string): boolean {
  const [first = 0, second = 0] = address.split('.').map(Number);
  if (!isIPv4(address) || first === 0 || first === 10 || first === 127 || first >= 224) return false;
  if (first === 192) return second !== 168;
  if (first === 172) return second < 16 || second > 31;
  if (first === 169) return second !== 254;
  return first !== 100 || second < 64 || second > 127;
}

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
    if (clean.length > LONGEST_TEXT) clean = `${clean.slice(0, LONGEST_TEXT).replace(/\S{0,500}$/, '')}…`;
    for (const [pattern, put] of RULES) clean = clean.replace(pattern, put);
    if (this.#people) clean = clean.replace(this.#people, HIDDEN);
    return clean;
  }

  /** The same shape; what is no plain value is left out. Keys stay, for they are ours. */
  value(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
    if (Array.isArray(value)) return value.slice(0, MOST_ENTRIES).map((one) => this.value(one));
    if (typeof value !== 'object') return undefined;
    return Object.fromEntries(
      Object.entries(value)
        .slice(0, MOST_ENTRIES)
        .map(([key, one]: [string, unknown]) => [
          this.text(key),
          (SECRET_KEYS.test(key) || PEOPLE_KEYS.test(key)) && typeof one !== 'boolean' && one !== undefined
            ? HIDDEN
            : this.value(one),
        ]),
    );
  }

  /** A line of the log: JSON is looked into key by key. */
  line(line: string): string {
    if (!line.startsWith('{') || line.length > LONGEST_LINE) return this.text(line);
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
  const asked = [...url.searchParams].flatMap(([key, value]) => (ASKED_WITH.test(key) ? [value] : []));
  return [url.username, url.password, ...asked].flatMap((part) => (part === '' ? [] : [part, decoded(part)]));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
