import { AppError } from '../../base/index.js';
import { capped } from './capped.js';
import { nameInUrl, fileName } from './file-name.js';
import { HttpPart, type PartParts } from './http-part.js';
import { fittingName, probe } from './probe.js';
import type { Fetched, FetchContext, FetchOrder, FetchPlan, Source } from './source.js';
import { Workplace } from './workplace.js';

export interface HttpSourceParts extends PartParts {
  readonly ffprobe?: string | undefined;
}

/** One file at a web address. */
export class HttpSource implements Source {
  readonly kind = 'http';
  readonly capabilities = { resume: true, several: false, knows_total: true };
  readonly #parts: HttpSourceParts;

  constructor(parts: HttpSourceParts) {
    this.#parts = parts;
  }

  takes(url: URL): boolean {
    return url.protocol === 'http:' || url.protocol === 'https:';
  }

  async plan(address: string, signal: AbortSignal): Promise<FetchPlan> {
    const { url } = await this.#parts.guard.check(address, signal);
    return { title: fileName(nameInUrl(url), url.hostname) };
  }

  async run(order: FetchOrder, context: FetchContext): Promise<Fetched> {
    const place = new Workplace(order.folder);
    const earlier = await place.done();
    if (earlier) return earlier;
    if (order.url === undefined) throw new AppError('ERR_INVALID', 'There is no address to fetch from');
    const { url } = order;
    await place.open();
    return capped(this.#parts.caps, context, async (inner) => {
      const arrived = await new HttpPart(this.#parts, place, inner).fetch(url);
      return this.#take(place, order, arrived, inner);
    });
  }

  async #take(
    place: Workplace,
    order: FetchOrder,
    { path, note, size_bytes }: Awaited<ReturnType<HttpPart['fetch']>>,
    context: FetchContext,
  ): Promise<Fetched> {
    const { clock, signal } = context;
    context.progress({ current: size_bytes, total: size_bytes, stage: 'check' });
    const sound = await probe(path, { clock, signal, ffprobe: this.#parts.ffprobe });
    if (!sound) {
      await place.clear();
      throw new AppError('ERR_SOURCE', 'What arrived is no music', { retryable: false });
    }
    const name = order.name ?? note.name ?? nameInUrl(new URL(note.from_url));
    const file = fittingName(fileName(name), sound);
    await place.publish(path, file);
    const { duration_seconds, ...kind } = sound;
    const files = [
      { path: file, size_bytes, ...kind, ...(duration_seconds !== undefined && { duration_seconds }) },
    ];
    return place.finish({ title: order.name ?? file.replace(/\.[^.]+$/, ''), files, size_bytes });
  }
}
