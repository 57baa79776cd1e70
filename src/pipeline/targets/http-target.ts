import { refusal, type Section } from './contract.js';
import { TargetHttp } from './http.js';
import { isInside, mapPath } from './paths.js';
import { absoluteMappings, type TargetParts } from './target-parts.js';

/** What targets have in common that are asked by HTTP and name folders by whole paths. */
export abstract class HttpTarget {
  protected readonly parts: TargetParts;
  protected readonly http: TargetHttp;

  constructor(parts: TargetParts) {
    this.parts = parts;
    this.http = new TargetHttp(parts);
  }

  map(path: string): string | undefined {
    return mapPath(path, absoluteMappings(this.parts));
  }

  covers(folder: string, sections: readonly Section[]): boolean {
    return sections.some(({ folders }) => folders.some((location) => isInside(folder, location)));
  }

  /** Throws for a folder that is in none of them; `what` they are called there. */
  protected demand(folder: string, sections: readonly Section[], what: string): void {
    if (this.covers(folder, sections)) return;
    const folders = sections.flatMap((section) => section.folders).join(', ') || 'none';
    throw refusal(`${what} do not have ${folder}, but ${folders}. Correct the path mappings.`);
  }
}
