import { AppError, type Clock, type Logger } from '../../base/index.js';
import type { Asked } from '../../bus/index.js';
import {
  COMMANDS,
  isCommandType,
  type Caller,
  type CommandFrame,
  type CommandSpec,
} from '../../protocol/index.js';
import type { CommandResult, RunCommand } from '../commands.js';
import { rateLimited } from '../limits.js';
import { wireError } from '../wire-errors.js';
import { MAX_REMEMBERED, type Answers } from './answers.js';
import type { FloodGuard } from './flood-guard.js';
import { textFrame, type Frame } from './frames.js';
import { LatestWins } from './latest-wins.js';

export const MAX_RUNNING = 64;
/** So many answers leave before the next ones are made: a thousand at once would look like a client that does not read. */
const ANSWERS_AT_ONCE = 256;

export interface CommandFlowParts {
  readonly run: RunCommand;
  readonly clock: Clock;
  readonly log: Logger;
  readonly flood: FloodGuard;
  /** Who asks, read anew for each command. Throws ERR_AUTH_REQUIRED. */
  caller(): Caller;
  answers(): Answers;
  /** Who asks, where answers are remembered outside of this connection. */
  clientId(): string | undefined;
  reply(frame: Frame): void;
  /** Sends what waits. */
  flush(): void;
  /** Something was refused for coming too soon. */
  refused(): void;
}

/** The commands of one connection: each is answered once for each time it was sent, and none is run twice. [CM1] [CM3] */
export class CommandFlow {
  readonly #parts: CommandFlowParts;
  readonly #latest: LatestWins;
  #running = 0;

  constructor(parts: CommandFlowParts) {
    this.#parts = parts;
    this.#latest = new LatestWins({
      clock: parts.clock,
      take: () => parts.flood.message(),
      run: (type, request, ids) => this.#run(type, request, ids),
      answered: (ids, type, result) => this.#answerAll(ids, type, result),
    });
  }

  /** What the command is about, when of such commands only the last counts. */
  latestAbout({ type, data }: CommandFrame): string | undefined {
    if (!isCommandType(type)) return undefined;
    const { latest_by, request }: CommandSpec = COMMANDS[type];
    const about = latest_by && textField(data, latest_by);
    // A wrong one must not take the place of a good one.
    return about !== undefined && request.safeParse(data).success ? about : undefined;
  }

  take({ id, type, data }: CommandFrame, latestAbout: string | undefined): void {
    if (id === undefined) throw new AppError('ERR_BAD_MESSAGE', 'A command needs an id');
    this.#parts.caller();
    const answers = this.#parts.answers();
    const before = answers.begin(id);
    if (before === 'running') return;
    if (before !== 'new') {
      this.#parts.reply(before);
      return;
    }
    if (latestAbout === undefined) this.#plain(id, type, data);
    else this.#lane(id, type, data, latestAbout);
  }

  close(): void {
    this.#latest.close();
  }

  #lane(id: string, type: string, data: unknown, about: string): void {
    const offered = this.#latest.offer(id, type, about, data);
    if (offered === 'taken') return;
    const waitMs = offered === 'full' ? 1_000 : this.#parts.flood.message();
    if (waitMs > 0) this.#refuse(id, type, rateLimited(waitMs));
    else this.#plain(id, type, data);
  }

  #plain(id: string, type: string, data: unknown): void {
    for (const field of ['room_id', 'player_id']) {
      const about = textField(data, field);
      if (about !== undefined) this.#latest.hurry(about);
    }
    if (this.#running >= MAX_RUNNING) {
      this.#refuse(
        id,
        type,
        new AppError('ERR_BUSY', 'Too many commands of this connection are still running'),
      );
      return;
    }
    this.#running += 1;
    void this.#run(type, data === undefined ? {} : data, [id]).then((result) => {
      this.#running -= 1;
      this.#answerAll([id], type, result);
    });
  }

  async #run(type: string, request: unknown, ids: readonly string[]): Promise<CommandResult> {
    try {
      return await this.#parts.run(type, request, this.#parts.caller(), this.#asked(type, ids));
    } catch (thrown) {
      return { ok: false, error: wireError(thrown, this.#parts.log, type) };
    }
  }

  #asked(type: string, ids: readonly string[]): Asked | undefined {
    const client_id = this.#parts.clientId();
    if (client_id === undefined || !hasEffect(type)) return undefined;
    return { client_id, ids: ids.slice(-MAX_REMEMBERED) };
  }

  #refuse(id: string, type: string, refusal: AppError): void {
    this.#answerAll([id], type, { ok: false, error: wireError(refusal, this.#parts.log, type) });
  }

  #answerAll(ids: readonly string[], type: string, result: CommandResult): void {
    // What was too much at once may be asked again by the same id.
    const again =
      !result.ok && (result.error.code === 'ERR_RATE_LIMITED' || result.error.code === 'ERR_BUSY');
    const keep = hasEffect(type) && !again;
    ids.forEach((id, at) => {
      const body = result.ok
        ? { type: 'reply', id, ok: true, data: result.data ?? {} }
        : { type: 'error', id, error: result.error };
      this.#parts.answers().finish(id, wire(body), keep);
      if (at % ANSWERS_AT_ONCE === ANSWERS_AT_ONCE - 1) this.#parts.flush();
    });
    if (!result.ok && result.error.code === 'ERR_RATE_LIMITED') this.#parts.refused();
  }
}

export function wire(message: object): Frame {
  return textFrame(JSON.stringify(message));
}

/** Reads may be answered afresh when their id comes again; what has an effect may not. [CM3] */
function hasEffect(type: string): boolean {
  return isCommandType(type) && !COMMANDS[type].http.startsWith('GET ');
}

function textField(data: unknown, field: string): string | undefined {
  if (typeof data !== 'object' || data === null || !Object.hasOwn(data, field)) return undefined;
  const value: unknown = Reflect.get(data, field);
  return typeof value === 'string' ? value : undefined;
}
