import * as z from 'zod';
import { SubscribedFrame } from './envelope.js';

/**
 * The answer of `GET /api/v1/topics`: what changed of the topics that were asked for, as `subscribed` would say it, and those that there
 * are not. For who cannot have a WebSocket. [PO1]
 */
export const TopicsReply = z.object({
  epoch: z.string(),
  server_time_us: z.number(),
  topics: z.array(SubscribedFrame),
  unknown: z.array(z.string()),
});
export type TopicsReply = z.infer<typeof TopicsReply>;
