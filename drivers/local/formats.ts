import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cardOf, formatsOf, sinkFormats, socketOf, stemOf } from './cards.js';
import { realOutputs, type ListedOutput } from './outputs.js';

const PROGRAM_MS = 3000;
const run = promisify(execFile);

/** What is known of the formats of outputs without opening one. */
export class Formats {
  readonly #asound: string | undefined;
  #known = new Map<string, string>();

  constructor(asound?: string) {
    this.#asound = asound;
  }

  of(output: string): string | undefined {
    return this.#known.get(output);
  }

  /** Never rejects: what is not known is not said. */
  async read(listed: readonly ListedOutput[]): Promise<void> {
    const outputs = realOutputs(listed).map(({ name }) => name);
    const served = outputs.some((name) => /^(pulse|pipewire)\//.test(name));
    const sinks = served ? await sinksOfServer() : new Map<string, string>();
    const known = new Map<string, string>();
    for (const name of outputs) {
      const formats = sinks.get(name.replace(/^\w+\//, '')) ?? (await formatsOf(name, this.#asound));
      const socket = hasTwin(name, outputs) ? await socketOf(name, this.#asound) : undefined;
      const detail = [socket, formats].filter((part) => part !== undefined).join(': ');
      if (detail !== '') known.set(name, detail);
    }
    this.#known = known;
  }
}

function hasTwin(name: string, outputs: readonly string[]): boolean {
  const own = cardOf(name)?.card;
  return outputs.some((output) => {
    const other = cardOf(output)?.card;
    return own !== undefined && other !== undefined && other !== own && stemOf(other) === stemOf(own);
  });
}

async function sinksOfServer(): Promise<ReadonlyMap<string, string>> {
  const options = { timeout: PROGRAM_MS, cwd: '/', maxBuffer: 1 << 22 };
  // Its words come in the language of the machine otherwise.
  return run('env', ['LC_ALL=C', 'pactl', 'list', 'sinks'], options).then(
    ({ stdout }) => sinkFormats(stdout),
    () => new Map<string, string>(),
  );
}
