/** The tag process: reads files that may be hostile, and may die of them. Talks to its parent alone. */
import { answer } from './answer.js';
import { TagRequest } from './tag-wire.js';

process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  void answer(TagRequest.parse(message)).then((reply) => process.send?.(reply));
});
process.send?.({ answer: 'ready' });
