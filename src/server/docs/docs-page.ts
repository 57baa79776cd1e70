import {
  ACCESS,
  asyncapiDocument,
  CLOSE,
  ERRORS,
  EVENTS,
  openapiDocument,
  ROLES,
  TOPIC_ACCESS,
  type Access,
  type Cell,
} from '../../protocol/index.js';
import { schemaText, type JsonSchema } from './schema-text.js';

/** As far as a page reads our own AsyncAPI document. */
interface AsyncApi {
  readonly components: { readonly messages: Readonly<Record<string, Message>> };
}

interface Message {
  readonly name: string;
  readonly summary?: string;
  readonly 'x-access'?: Access;
  readonly payload: JsonSchema;
}

/** As far as a page reads our own OpenAPI document. */
interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly operationId: string;
  readonly responses: {
    readonly 200: { readonly content: { readonly 'application/json': { readonly schema: JsonSchema } } };
  };
}

interface Twin {
  readonly http: string;
  readonly reply: JsonSchema;
}

/** The description of everything that goes over the wire, as one page; the console is put into it by its script. [DC1] */
export function docsPage(version: string): string {
  const { messages } = (asyncapiDocument() as unknown as AsyncApi).components;
  const { paths } = openapiDocument() as unknown as OpenApi;
  const twins = twinsOf(paths);
  const named = (prefix: string): Message[] =>
    Object.entries(messages).flatMap(([key, message]) => (key.startsWith(prefix) ? [message] : []));
  const sent = named('send_');
  const commands = sent.filter(({ name }) => twins.has(name));
  const session = sent.filter(({ name }) => !twins.has(name));
  const received = named('receive_');
  const events = received.filter(({ name }) => Object.hasOwn(EVENTS, name));
  const answers = received.filter(({ name }) => !Object.hasOwn(EVENTS, name));
  return whole(version, [
    section(
      'commands',
      'Commands',
      commands.map((message) => command(message, twins.get(message.name)!)),
    ),
    section('session', 'About the connection', session.map(frame)),
    section('events', 'Events', events.map(event)),
    section('answers', 'Answers', answers.map(frame)),
    section('topics', 'Topics', [topics()]),
    section('roles', 'Who may what', [roles(commands)]),
    section('errors', 'Errors', [errors()]),
    section('closes', 'Close codes', [closes()]),
  ]);
}

function twinsOf(paths: OpenApi['paths']): Map<string, Twin> {
  const twins = new Map<string, Twin>();
  for (const [path, methods] of Object.entries(paths))
    for (const [method, { operationId, responses }] of Object.entries(methods))
      twins.set(operationId, {
        http: `${method.toUpperCase()} /api/v1${path}`,
        reply: responses[200].content['application/json'].schema,
      });
  return twins;
}

function whole(version: string, sections: readonly string[]): string {
  const topicNames = Object.keys(TOPIC_ACCESS).filter((topic) => !topic.includes('*'));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>Tutti API</title>
<link rel="icon" href="/icons/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/docs.css">
</head>
<body>
<header>
<h1>Tutti API <small>${esc(version)}</small></h1>
<nav>
<a href="/">Tutti</a> <a href="#console">Console</a> <a href="#commands">Commands</a> <a href="#events">Events</a>
<a href="#topics">Topics</a> <a href="#roles">Roles</a> <a href="#errors">Errors</a> <a href="#closes">Close codes</a>
<a href="/api/v1/asyncapi.json">AsyncAPI</a> <a href="/api/v1/openapi.json">OpenAPI</a>
</nav>
</header>
<main>
<section id="console" data-topics="${esc(topicNames.join(' '))}"><h2>Console</h2><noscript><p>The console needs JavaScript.</p></noscript></section>
${sections.join('\n')}
</main>
<script type="module" src="/docs.js"></script>
</body>
</html>
`;
}

function section(id: string, title: string, parts: readonly string[]): string {
  const count = parts.length > 1 ? ` <small>${parts.length}</small>` : '';
  return `<section id="${id}"><h2>${title}${count}</h2>\n${parts.join('\n')}\n</section>`;
}

function command(message: Message, { http, reply }: Twin): string {
  const { name, summary = '', payload } = message;
  const access = message['x-access'];
  const may = access === undefined ? '' : ROLES.map((role) => `${role} ${cell(access, role)}`).join(' · ');
  return [
    `<details id="command-${esc(name)}"><summary><code>${esc(name)}</code> ${esc(summary)}</summary>`,
    `<p><button type="button" data-try="${esc(name)}">Try it</button> <code>${esc(http)}</code></p>`,
    `<p class="dim">${esc(may)}</p>`,
    `<h3>Request</h3><pre>${esc(schemaText(payload.properties?.['data'] ?? {}))}</pre>`,
    `<h3>Reply</h3><pre>${esc(schemaText(reply))}</pre>`,
    '</details>',
  ].join('\n');
}

function frame({ name, payload }: Message): string {
  return `<details><summary><code>${esc(name)}</code></summary><pre>${esc(schemaText(payload))}</pre></details>`;
}

function event({ name, payload }: Message): string {
  const { state } = EVENTS[name as keyof typeof EVENTS];
  return (
    `<details><summary><code>${esc(name)}</code> ${state ? 'state' : 'told once'}</summary>` +
    `<pre>${esc(schemaText(payload.properties?.['data'] ?? {}))}</pre></details>`
  );
}

function roles(commands: readonly Message[]): string {
  return table(
    ['command', ...ROLES],
    commands.map((message) => [
      code(message.name),
      ...ROLES.map((role) => (message['x-access'] === undefined ? '' : cell(message['x-access'], role))),
    ]),
  );
}

function topics(): string {
  return table(
    ['topic', 'access', ...ROLES],
    Object.entries(TOPIC_ACCESS).map(([topic, access]) => [
      code(topic),
      access,
      ...ROLES.map((role) => cell(access, role)),
    ]),
  );
}

function errors(): string {
  return table(
    ['code', 'HTTP', 'try again', 'meaning'],
    Object.entries(ERRORS).map(([name, { status, retryable, meaning }]) => [
      code(name),
      String(status),
      retryable ? 'yes' : 'no',
      esc(meaning),
    ]),
  );
}

function closes(): string {
  const back = (number: number): string => (number < 4100 ? 'no' : number < 4200 ? 'later' : 'now');
  return table(
    ['code', 'why', 'come back'],
    Object.entries(CLOSE).map(([name, number]) => [
      code(String(number)),
      name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
      back(number),
    ]),
  );
}

/** Also: in the own room, or with a token of this scope. */
function cell(access: Access, role: (typeof ROLES)[number]): string {
  const found: Cell = ACCESS[access][role];
  if (found === 'yes' || found === 'no') return found;
  return found === 'own_room' ? 'own room' : `scope ${found}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (tag: string, cells: readonly string[]): string =>
    `<tr>${cells.map((one) => `<${tag}>${one}</${tag}>`).join('')}</tr>`;
  return `<div class="wide"><table><thead>${line('th', head)}</thead><tbody>${rows.map((row) => line('td', row)).join('\n')}</tbody></table></div>`;
}

const code = (text: string): string => `<code>${esc(text)}</code>`;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function esc(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => ENTITIES[letter]!);
}
