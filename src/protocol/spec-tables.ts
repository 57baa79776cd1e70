import * as z from 'zod';
import { ACCESS, ROLES, type Cell } from './access.js';
import { COMMANDS, SESSION_COMMANDS } from './commands.js';
import type { CommandSpec } from './command-spec.js';
import { CLOSE } from './envelope.js';
import { ERRORS } from './errors.js';
import { EVENTS, TOPICS, type TopicName } from './events.js';
import { TOPIC_ACCESS } from './topic-access.js';

const CLOSE_MEANINGS: Readonly<Record<keyof typeof CLOSE, readonly [meaning: string, comeBack: string]>> = {
  unauthorized: ['the token is not valid', 'no'],
  badMessage: ['20 frames in a row were no messages', 'no'],
  notFound: ['what the address names does not exist', 'no'],
  overloaded: ['the server has too much to do', 'later'],
  flooding: ['more commands than anybody needs, for longer than a slip', 'later'],
  restarting: ['the server stops or restarts', 'later'],
  tooSlow: ['for 30 s the client read nothing, or it left 16 MiB of answers unread', 'now'],
};

const TOPIC_MEANINGS: Readonly<Record<TopicName, string>> = {
  rooms: 'all rooms, without their queues',
  players: 'all players',
  'room/*': 'one room with playback, queue and players; `*` is its `room_id`',
  'party/*': 'the listening party in a room, for who may look into it; `*` is its `room_id`',
  library: 'counts and the state of the scan',
  system: 'the server itself; heartbeats and restarts go to everybody',
  toasts: 'short messages and notifications to people; nothing to catch up on',
  people: 'when to ask for people, sessions, tokens and invitations anew; nothing to catch up on',
  activity: 'what people may like to know of: new albums, hearts; the newest first',
  jobs: 'background work, the newest first',
  'job/*': 'one job; `*` is its `job_id`',
  downloads: 'music on its way to this house, the newest first',
  imports: 'albums on their way in and those that wait for a person, the newest first',
  'candidate/*': 'one of them; `*` is its `candidate_id`',
  exports: 'what is or was written to folders and sticks, the newest first',
  schedules: 'work that comes by the clock',
  targets: 'music servers that are told what changed in the library',
  checks: 'what the doctor found, and what it looks at now',
  inputs: 'remote controls, keyboards, knobs and buttons of the machine',
  alarms: 'what wakes people',
  sleeps: 'rooms that are to fall silent by themselves',
};

const MATRIX_CELLS: Readonly<Record<Cell, string>> = {
  yes: 'yes',
  no: 'no',
  own_room: 'own room',
  read: '`read`',
  control: '`control`',
  admin: '`admin`',
  metrics: '`metrics`',
  satellite: '`satellite`',
};

type Row = readonly string[];

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** `room_id, item_id?`: the fields of an object schema, those that may be absent with a question mark. */
function fields(schema: z.ZodType): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  const names = Object.keys(properties).map((name) => (required.includes(name) ? name : `${name}?`));
  return names.length === 0 ? '-' : names.join(', ');
}

const code = (text: string): string => `\`${text}\``;

/** The tables of SPEC.md by name; each stands there between `<!-- table: name -->` and `<!-- end -->`. */
export function specTables(): Record<string, string> {
  const commands: Readonly<Record<string, CommandSpec>> = COMMANDS;
  return {
    errors: table(
      ['code', 'HTTP', 'retryable', 'meaning'],
      Object.entries(ERRORS).map(([name, { status, retryable, meaning }]) => [
        code(name),
        String(status),
        retryable ? 'yes' : 'no',
        meaning,
      ]),
    ),
    closes: table(
      ['code', 'meaning', 'come back'],
      Object.entries(CLOSE).map(([name, number]) => [
        String(number),
        ...CLOSE_MEANINGS[name as keyof typeof CLOSE],
      ]),
    ),
    topics: table(
      ['topic', 'access', 'what it is', 'snapshot'],
      Object.entries(TOPICS).map(([name, snapshot]) => [
        code(name),
        TOPIC_ACCESS[name as TopicName],
        TOPIC_MEANINGS[name as TopicName],
        fields(snapshot),
      ]),
    ),
    events: table(
      ['type', 'kind', 'data'],
      Object.entries(EVENTS).map(([type, { data, state }]) => [
        code(type),
        state ? 'state' : 'told once',
        fields(data),
      ]),
    ),
    session: table(
      ['type', 'data'],
      Object.entries(SESSION_COMMANDS).map(([type, request]) => [code(type), fields(request)]),
    ),
    commands: table(
      ['type', 'access', 'REST under /api/v1', 'data', 'reply', 'what it does'],
      Object.entries(commands).map(([type, { access, http, request, reply, summary }]) => [
        code(type),
        access,
        code(http),
        fields(request),
        fields(reply),
        summary,
      ]),
    ),
    matrix: table(
      ['command', ...ROLES],
      Object.entries(commands).map(([type, { access }]) => [
        code(type),
        ...ROLES.map((role) => MATRIX_CELLS[ACCESS[access][role]]),
      ]),
    ),
  };
}

/** The text of SPEC.md with its tables made afresh. */
export function withSpecTables(text: string): string {
  const tables = specTables();
  return text.replace(
    /(<!-- table: (\w+) -->\n)[^]*?(<!-- end -->)/g,
    (_all, start: string, name: string, end: string) => {
      const made = tables[name];
      if (made === undefined) throw new Error(`SPEC.md wants an unknown table: ${name}`);
      return `${start}${made}\n${end}`;
    },
  );
}
