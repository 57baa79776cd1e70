import { type TagReady, TagTask, type TagTaskResult } from './tag-wire.js';
import { writeTags } from './write-tags.js';

/** The process that writes tags: it gets one file after the other and answers each. A file that kills it takes nobody along. */
process.on('message', (message) => {
  const answer: TagTaskResult = attempt(message);
  process.send?.(answer);
});
process.on('disconnect', () => process.exit(0));
const ready: TagReady = { ready: true };
process.send?.(ready);

function attempt(message: unknown): TagTaskResult {
  try {
    const { path, wishes } = TagTask.parse(message);
    writeTags(path, wishes);
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: String(error).slice(0, 500) };
  }
}
