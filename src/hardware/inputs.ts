import * as z from 'zod';
import {
  AppError,
  deferred,
  toError,
  type Clock,
  type Deferred,
  type Logger,
  type Timer,
} from '../base/index.js';
import type { Binding, Caller, CommandReply, Handlers, Input, InputGesture } from '../protocol/index.js';
import { MAX_BINDINGS } from '../protocol/index.js';
import type { KeptList } from '../state/index.js';
import { MAX_PLACE, type Listed } from './catalog.js';
import type { Deeds } from './deeds.js';
import { defaultBindings } from './default-bindings.js';
import { Gestures, type Gesture, type KeyRules } from './gestures.js';
import { isWritten } from './key-names.js';

export type InputCommand =
  'input:list' | 'input:set' | 'input:bind' | 'input:reset' | 'input:learn' | 'input:test' | 'input:forget';

/** What is beside an input on disk: the socket that it was in last. */
export const InputPlace = z.object({ place: z.string().max(MAX_PLACE).default('') });
export type InputPlace = z.infer<typeof InputPlace>;

export interface InputsParts {
  readonly list: KeptList<'inputs', InputPlace>;
  readonly deeds: Deeds;
  readonly clock: Clock;
  readonly log: Logger;
}

/** So long somebody who teaches a key has to press it. */
const LEARN_MS = 20_000;
/** A knob that was just taught and still turns does nothing. */
const TAUGHT_US = 700_000;
/** A turning knob says what it did no more often. */
const SHOW_MS = 250;
const REPEATING: ReadonlySet<string> = new Set(['volume_up', 'volume_down', 'seek_forward', 'seek_back']);

/** What came of a lesson. */
type Lesson = CommandReply<'input:learn'>;

/** All inputs of this machine, plugged in or known from before: what their keys do, and doing it. */
export class Inputs {
  readonly handlers: Handlers<InputCommand>;
  /** Why nothing can be heard at all. */
  problem: string | undefined;
  readonly #parts: InputsParts;
  readonly #gestures = new Map<string, Gestures>();
  readonly #shown = new Map<string, { timer: Timer | undefined; next: Input['heard'] }>();
  #learner: { readonly inputId: string | undefined; readonly over: Deferred<Lesson> } | undefined;
  #learning: Timer | undefined;
  #taught: { readonly inputId: string; readonly axis: string; untilUs: number } | undefined;

  constructor(parts: InputsParts) {
    this.#parts = parts;
    for (const { item, own } of parts.list.all())
      parts.list.show({ ...withoutProblem(item), connected: false }, own);
    this.handlers = this.#handlers();
  }

  close(): void {
    this.#learn({});
    for (const gestures of this.#gestures.values()) gestures.forget();
    for (const { timer } of this.#shown.values()) timer?.cancel();
  }

  /** It is there; `problem` says why it cannot be heard. Known ones keep what was chosen for them. */
  plugged(
    {
      input_id,
      name,
      kind,
      keys,
      place = '',
    }: Pick<Listed, 'input_id' | 'name' | 'keys'> & { readonly kind: Input['kind']; readonly place?: string },
    problem?: string,
  ): void {
    const { list } = this.#parts;
    const { item: before, own } = list.get(input_id) ?? {};
    const bindings = before?.bindings ?? defaultBindings(kind, keys);
    const chosen = before ? { enabled: before.enabled, ...roomOf(before) } : { enabled: true };
    const item: Input = {
      input_id,
      name,
      kind,
      connected: true,
      ...chosen,
      keys: [...keys],
      bindings,
      ...(problem !== undefined && { problem }),
    };
    if (own?.place === place) list.show(item, own);
    else list.put(item, { place });
  }

  /** Where each was plugged in last, by id. */
  get places(): ReadonlyMap<string, string> {
    return new Map(this.#parts.list.all().map(({ item, own }) => [item.input_id, own.place]));
  }

  unplugged(inputId: string): void {
    this.#gestures.get(inputId)?.forget();
    const { list } = this.#parts;
    const known = list.get(inputId);
    if (known) list.show({ ...withoutProblem(known.item), connected: false }, known.own);
  }

  /** What the events of one input mean; made when it is first heard. */
  gesturesOf(inputId: string): Gestures {
    const known = this.#gestures.get(inputId);
    if (known) return known;
    const rules = (key: string): KeyRules => this.#rules(inputId, key);
    const gestures = new Gestures(this.#parts.clock, rules, (gesture) => this.#heard(inputId, gesture));
    this.#gestures.set(inputId, gestures);
    return gestures;
  }

  /**
   * The kernel lets the keys of a remote go and presses them again within one report, and a USB knob presses a volume key for each step: there is
   * no contact behind them. Behind the others there may be one.
   */
  #rules(inputId: string, key: string): KeyRules {
    const item = this.#parts.list.get(inputId)?.item;
    const contact = item?.kind !== 'remote';
    if (this.#learns(inputId)) return { hold: true, repeats: false, bounces: contact };
    const bindings = item?.bindings.filter((one) => one.key === key) ?? [];
    const repeats = bindings.some(({ gesture, action }) => gesture === 'press' && REPEATING.has(action));
    return {
      hold: bindings.some(({ gesture }) => gesture === 'hold'),
      repeats,
      bounces: contact && (item?.kind === 'gpio' || !repeats),
    };
  }

  #learns(inputId: string): boolean {
    return this.#learner !== undefined && (this.#learner.inputId ?? inputId) === inputId;
  }

  #heard(inputId: string, { key, gesture, steps, again }: Gesture): void {
    const now = this.#parts.clock.nowUs();
    const axis = /^(.*)[+-]$/.exec(key)?.[1];
    if (this.#learns(inputId)) {
      if (axis !== undefined) this.#taught = { inputId, axis, untilUs: now + TAUGHT_US };
      return this.#learn({ heard: { input_id: inputId, key, gesture } });
    }
    const taught = this.#taught;
    if (taught?.inputId === inputId && taught.axis === axis && now < taught.untilUs) {
      taught.untilUs = now + TAUGHT_US;
      return;
    }
    const item = this.#parts.list.get(inputId)?.item;
    if (!item?.enabled) return;
    const binding = bindingOf(item, key, gesture);
    if (!binding) {
      // What somebody writes on a keyboard is read by nobody.
      if (!again && (item.kind !== 'keyboard' || !isWritten(key))) this.#show(inputId, key, gesture);
      return;
    }
    this.#do(item, binding, steps).then(
      () => this.#show(inputId, key, gesture),
      (error: unknown) => {
        const { message } = toError(error);
        this.#parts.log.info({ input_id: inputId, key, reason: message }, 'a key could not do what it does');
        this.#show(inputId, key, gesture, message);
      },
    );
  }

  #do(item: Input, binding: Binding, steps: number): Promise<void> {
    const caller: Caller = { connection_id: `input/${item.input_id}`, role: 'user', name: item.name };
    return this.#parts.deeds.do(binding, item.room_id, steps, caller);
  }

  /** The page shows what is pressed, at most so often; the last one always. Nothing of it is written. */
  #show(inputId: string, key: string, gesture: InputGesture, problem?: string): void {
    const at = new Date(this.#parts.clock.wallMs()).toISOString();
    const next = { key, gesture, at, ...(problem !== undefined && { problem: problem.slice(0, 200) }) };
    const shown = this.#shown.get(inputId) ?? { timer: undefined, next: undefined };
    this.#shown.set(inputId, shown);
    shown.next = next;
    if (shown.timer) return;
    const tell = (): void => {
      shown.timer = undefined;
      const known = this.#parts.list.get(inputId);
      if (!known || !shown.next) return;
      this.#parts.list.show({ ...known.item, heard: shown.next }, known.own);
      shown.next = undefined;
      shown.timer = this.#parts.clock.after(SHOW_MS, tell);
    };
    tell();
  }

  /** Ends a lesson. */
  #learn(lesson: Lesson): void {
    this.#learning?.cancel();
    this.#learner?.over.resolve(lesson);
    this.#learner = undefined;
  }

  #handlers(): Handlers<InputCommand> {
    const { list } = this.#parts;
    return {
      ...this.#choices(),
      'input:list': () => ({
        inputs: list.all().map(({ item }) => item),
        ...(this.problem !== undefined && { problem: this.problem }),
      }),
      'input:learn': async ({ input_id, end }) => {
        if (input_id !== undefined) this.#get(input_id);
        this.#learn(end ? {} : { taken: true });
        if (end) return {};
        const over = deferred<Lesson>();
        this.#learner = { inputId: input_id, over };
        this.#learning = this.#parts.clock.after(LEARN_MS, () => this.#learn({}));
        return over.promise;
      },
      'input:test': async ({ input_id, key, gesture }) => {
        const item = this.#get(input_id);
        const binding = bindingOf(item, key, gesture);
        if (!binding) throw new AppError('ERR_NOT_FOUND', 'this key does nothing');
        await this.#do(item, binding, 1);
        return {};
      },
      'input:forget': ({ input_id }) => {
        if (this.#get(input_id).connected)
          throw new AppError('ERR_CONFLICT', 'it is plugged in; switch it off instead');
        list.remove([input_id]);
        this.#gestures.delete(input_id);
        return {};
      },
    };
  }

  #choices(): Handlers<'input:set' | 'input:bind' | 'input:reset'> {
    return {
      'input:set': ({ input_id, enabled, room_id }) => {
        if (typeof room_id === 'string') this.#parts.deeds.roomFor(room_id);
        this.#change(input_id, ({ room_id: before, ...item }) => {
          const room = room_id === undefined ? before : (room_id ?? undefined);
          return { ...item, enabled: enabled ?? item.enabled, ...(room !== undefined && { room_id: room }) };
        });
        if (enabled === false) this.#gestures.get(input_id)?.forget();
        return {};
      },
      'input:bind': ({ input_id, key, gesture, action, playlist_id }) => {
        if (action === 'playlist' && playlist_id === undefined)
          throw new AppError('ERR_INVALID', 'say which playlist_id it plays');
        this.#change(input_id, (item) => {
          const others = item.bindings.filter((one) => one.key !== key || one.gesture !== gesture);
          if (action === null) return { ...item, bindings: others };
          if (others.length >= MAX_BINDINGS)
            throw new AppError('ERR_CONFLICT', 'this input has enough keys bound');
          const playlist = action === 'playlist' && playlist_id !== undefined ? { playlist_id } : {};
          return { ...item, bindings: [...others, { key, gesture, action, ...playlist }] };
        });
        return {};
      },
      'input:reset': ({ input_id }) => {
        const { bindings } = this.#change(input_id, (item) => ({
          ...item,
          bindings: defaultBindings(item.kind, item.keys),
        }));
        return { bindings };
      },
    };
  }

  /** On disk before anybody hears of it. */
  #change(inputId: string, changed: (item: Input) => Input): Input {
    const item = changed(this.#get(inputId));
    this.#parts.list.put(item, this.#parts.list.get(inputId)?.own ?? { place: '' });
    return item;
  }

  #get(inputId: string): Input {
    const item = this.#parts.list.get(inputId)?.item;
    if (!item) throw new AppError('ERR_NOT_FOUND', 'there is no such input');
    return item;
  }
}

function bindingOf(item: Input, key: string, gesture: InputGesture): Binding | undefined {
  return item.bindings.find((one) => one.key === key && one.gesture === gesture);
}

function withoutProblem({ problem: _problem, ...item }: Input): Input {
  return item;
}

function roomOf({ room_id }: Input): { readonly room_id?: string } {
  return room_id === undefined ? {} : { room_id };
}
