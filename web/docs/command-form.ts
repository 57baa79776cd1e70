import { element, labelled } from './dom.js';
import { exampleOf, type JsonSchema } from './example.js';

export type Requests = ReadonlyMap<string, JsonSchema>;

/** Frames with secrets are not kept. */
const SECRET = /token|password|secret|ticket|invitation|sign-in/;
const MAX_HISTORY = 30;
const HISTORY_KEY = 'tutti-console';

/** Writes frames: by fields made from the schema, or as JSON; what was sent comes back from the history. */
export class CommandForm {
  readonly root: HTMLFormElement;
  readonly #requests: Requests;
  readonly #type = element('select', { id: 'console-type' });
  readonly #fields = element('div', { className: 'fields' });
  readonly #json = element('textarea', { id: 'console-json', rows: 6, spellcheck: false });
  readonly #fault = element('p', { className: 'fault', role: 'alert' });
  readonly #history = element('select', { id: 'console-history' });
  readonly #send: (type: string, data: unknown) => void;

  constructor(requests: Requests, send: (type: string, data: unknown) => void) {
    this.#requests = requests;
    this.#send = send;
    this.#type.append(
      ...[...requests.keys()].map((type) => element('option', { value: type, textContent: type })),
    );
    this.#type.addEventListener('change', () => this.choose(this.#type.value));
    this.#json.addEventListener('input', () => this.#drawFields());
    this.#history.addEventListener('change', () => this.#again());
    const button = element('button', { type: 'submit', className: 'main', textContent: 'Send' });
    this.root = element(
      'form',
      {},
      labelled('Command', this.#type),
      this.#fields,
      labelled('data as JSON', this.#json),
      this.#fault,
      element('div', { className: 'bar' }, button, labelled('Sent before', this.#history)),
    );
    this.root.addEventListener('submit', (submit) => {
      submit.preventDefault();
      this.#submit();
    });
    this.choose(this.#type.value);
    this.#drawHistory(kept());
  }

  /** Shows a command with an example. */
  choose(type: string, data?: unknown): void {
    const schema = this.#requests.get(type);
    if (!schema) return;
    this.#type.value = type;
    this.#json.value = JSON.stringify(data ?? exampleOf(schema), null, 2);
    this.#drawFields();
  }

  #submit(): void {
    const data = this.#read();
    if (data === undefined) return;
    const type = this.#type.value;
    this.#send(type, data);
    const frame = JSON.stringify({ type, data });
    if (SECRET.test(frame)) return;
    const history = [frame, ...kept().filter((one) => one !== frame)].slice(0, MAX_HISTORY);
    sessionStorage.setItem(HISTORY_KEY, JSON.stringify(history));
    this.#drawHistory(history);
  }

  /** What the JSON field says; undefined, and said, when it is no JSON object. */
  #read(): Record<string, unknown> | undefined {
    const data = objectIn(this.#json.value);
    this.#fault.textContent = data ? '' : 'This is no JSON object.';
    return data;
  }

  #drawFields(): void {
    const schema = this.#requests.get(this.#type.value);
    const data = this.#read();
    if (!schema || !data) return;
    const focused = document.activeElement;
    const drawn = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
      const input = inputFor(field, data[name]);
      if (!input) return [];
      input.element.addEventListener('change', () => this.#set(name, input.read()));
      const needed = schema.required?.includes(name) === true;
      return [labelled(`${name}${needed ? '' : ' (optional)'}`, input.element)];
    });
    if (!this.#fields.contains(focused)) this.#fields.replaceChildren(...drawn);
  }

  #set(name: string, value: unknown): void {
    const { [name]: _before, ...rest } = this.#read() ?? {};
    const data = value === undefined ? rest : { ...rest, [name]: value };
    this.#json.value = JSON.stringify(data, null, 2);
  }

  #again(): void {
    const frame = objectIn(this.#history.value);
    if (frame && typeof frame['type'] === 'string') this.choose(frame['type'], frame['data']);
  }

  #drawHistory(history: readonly string[]): void {
    const first = element('option', {
      value: '',
      textContent: history.length === 0 ? 'nothing yet' : 'choose …',
    });
    this.#history.replaceChildren(
      first,
      ...history.map((frame) => element('option', { value: frame, textContent: frame.slice(0, 90) })),
    );
  }
}

interface Input {
  readonly element: HTMLInputElement | HTMLSelectElement;
  /** Undefined = left out. */
  read(): unknown;
}

/** A field for what is plain; undefined for lists and objects, which are written as JSON. */
function inputFor(schema: JsonSchema, value: unknown): Input | undefined {
  const choices = schema.type === 'boolean' ? [true, false] : schema.enum;
  if (choices) {
    const select = element('select');
    select.append(
      element('option', { value: '', textContent: '' }),
      ...choices.map((one, at) =>
        element('option', { value: String(at), textContent: String(one), selected: one === value }),
      ),
    );
    return {
      element: select,
      read: () => (select.value === '' ? undefined : choices[Number(select.value)]),
    };
  }
  const written = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  if (schema.type === 'string') {
    const input = element('input', { type: 'text', value: written, autocomplete: 'off' });
    return { element: input, read: () => (input.value === '' ? undefined : input.value) };
  }
  if (schema.type === 'number' || schema.type === 'integer') {
    const input = element('input', { type: 'number', step: 'any', value: written });
    return { element: input, read: () => (input.value === '' ? undefined : input.valueAsNumber) };
  }
  return undefined;
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    return undefined;
  }
  return undefined;
}

function kept(): string[] {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(HISTORY_KEY) ?? '[]');
    return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
  } catch {
    return [];
  }
}
