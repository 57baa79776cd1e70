import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { AppError, within, type Clock } from '../base/index.js';
import { allows, topicFamily } from '../protocol/index.js';
import type { HttpPeople } from './http-people.js';
import type { Presence } from './hub/presence.js';
import { MAX_SUBSCRIPTIONS, mayFollow } from './hub/session.js';
import { mayRead } from './readers.js';
import type { Left, TopicAnswer } from './hub/snapshots.js';
import { invalid } from './wire-errors.js';

/** A gateway waits so long for the house. */
const READ_MS = 5_000;
const MAX_QUERY = 8_192;

/** What the hub knows of topics. */
export interface TopicReader {
  epoch(): string;
  /** Undefined when there is no such topic. */
  read(topic: string, left: Left | undefined): Promise<TopicAnswer | undefined>;
}

const Query = z.strictObject({
  names: z.string().max(MAX_QUERY),
  epoch: z.string().max(64).optional(),
  revisions: z
    .string()
    .max(MAX_QUERY)
    .regex(/^[0-9,]*$/)
    .optional(),
});

/** The part of the hub that is asked. */
export interface TopicHub {
  readonly topics: TopicReader;
  presence(): Presence[];
}

/** `GET /api/v1/topics`: what changed, for who cannot have a WebSocket and asks again and again. [PO1] */
export function topicRoutes(
  app: FastifyInstance,
  parts: { readonly hub: TopicHub; readonly people: HttpPeople; readonly clock: Clock },
): void {
  const { hub, people, clock } = parts;
  const { topics } = hub;
  app.get('/api/v1/presence', async (request) => {
    if (!allows('manage', await people.caller(request)))
      throw new AppError('ERR_NOT_ALLOWED', 'You may not do this', { params: { access: 'manage' } });
    return { people: hub.presence() };
  });
  app.get('/api/v1/topics', async (request, reply) => {
    const caller = await people.caller(request);
    const wanted = wantedOf(request.query);
    const told: Buffer[] = [];
    const unknown: string[] = [];
    for (const { topic, left } of wanted) {
      const readable = topicFamily(topic) !== undefined && mayFollow(topic, caller);
      const answer = readable
        ? await within({ clock, what: 'reading a topic', ms: READ_MS, code: 'ERR_BUSY' }, () =>
            topics.read(topic, left),
          )
        : undefined;
      if (!answer || !mayRead(answer.readers, caller)) unknown.push(topic);
      else if (left?.epoch !== topics.epoch() || left.revision !== answer.revision)
        told.push(Buffer.from(told.length === 0 ? '' : ','), ...frameOf(topic, topics.epoch(), answer));
    }
    const head = JSON.stringify({ epoch: topics.epoch(), server_time_us: clock.nowUs(), unknown }).slice(
      0,
      -1,
    );
    void reply.type('application/json; charset=utf-8');
    return reply.send(Buffer.concat([Buffer.from(`${head},"topics":[`), ...told, Buffer.from(']}')]));
  });
}

/** As `subscribed` says it. The JSON of the topic is shared with others and not made again. */
function frameOf(topic: string, epoch: string, { revision, resumed, json }: TopicAnswer): Buffer[] {
  const head = JSON.stringify({ type: 'subscribed', topic, epoch, revision, resumed }).slice(0, -1);
  return [Buffer.from(`${head},"${resumed ? 'events' : 'snapshot'}":`), json, Buffer.from('}')];
}

/** `revisions` stand in the order of `names`; one that is empty is not known. */
function wantedOf(query: unknown): { readonly topic: string; readonly left: Left | undefined }[] {
  const parsed = Query.safeParse(query);
  if (!parsed.success) throw invalid(parsed.error);
  const { names, epoch, revisions = '' } = parsed.data;
  const known = revisions.split(',');
  return names
    .split(',')
    .filter((topic) => topic !== '')
    .slice(0, MAX_SUBSCRIPTIONS)
    .map((topic, at) => {
      const revision = known[at] ?? '';
      const left = epoch === undefined || revision === '' ? undefined : { epoch, revision: Number(revision) };
      return { topic, left };
    });
}
