import { readTags } from './read-tags.js';
import { extractPicture } from './read-picture.js';
import type { TagAnswer, TagRequest, TagResult } from './tag-wire.js';

/** Does what the parent asks; the same code runs in the tag process and, in tests, in this one. */
export async function answer(request: TagRequest): Promise<TagAnswer> {
  switch (request.ask) {
    case 'tags': {
      const results: TagResult[] = [];
      for (const path of request.paths) results.push(await readTags(path));
      return { answer: 'tags', id: request.id, results };
    }
    case 'picture': {
      const found = await extractPicture(request.path, request.target).catch(() => false);
      return { answer: 'picture', id: request.id, found };
    }
    default:
      return request satisfies never;
  }
}
