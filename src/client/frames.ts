import * as z from 'zod';
import {
  ClockFrame,
  ErrorFrame,
  EventFrame,
  EVENTS,
  Hello,
  PongFrame,
  ReplyFrame,
  SubscribedFrame,
  UnsubscribedFrame,
  type EventType,
  type TopicEvent,
} from '../protocol/index.js';

const SESSION_FRAMES = {
  hello: Hello,
  reply: ReplyFrame,
  error: ErrorFrame,
  subscribed: SubscribedFrame,
  unsubscribed: UnsubscribedFrame,
  pong: PongFrame,
  clock: ClockFrame,
} as const;
type SessionFrameType = keyof typeof SESSION_FRAMES;
export type SessionFrame = {
  [T in SessionFrameType]: z.output<(typeof SESSION_FRAMES)[T]>;
}[SessionFrameType];

const Typed = z.looseObject({ type: z.string(), id: z.string().optional() });

export type ServerFrame =
  | { readonly kind: 'session'; readonly frame: SessionFrame }
  | { readonly kind: 'event'; readonly frame: EventFrame }
  /** Not understood; `id` when it answers something, which must not wait for ever. */
  | { readonly kind: 'unknown'; readonly id: string | undefined };

/** One text frame of the server, checked. Never throws: what cannot be read is `unknown`. */
export function readFrame(text: unknown): ServerFrame {
  let json: unknown;
  try {
    json = JSON.parse(String(text));
  } catch {
    return { kind: 'unknown', id: undefined };
  }
  const typed = Typed.safeParse(json);
  if (!typed.success) return { kind: 'unknown', id: undefined };
  const { type, id } = typed.data;
  if (isSessionType(type)) {
    const frame = SESSION_FRAMES[type].safeParse(json);
    return frame.success ? { kind: 'session', frame: frame.data } : { kind: 'unknown', id };
  }
  const event = EventFrame.safeParse(json);
  return event.success ? { kind: 'event', frame: event.data } : { kind: 'unknown', id };
}

function isSessionType(type: string): type is SessionFrameType {
  return Object.hasOwn(SESSION_FRAMES, type);
}

/**
 * The event with its payload checked; `state: true` when it moves the topic's revision. `later`: a type of a later protocol, to be
 * passed over [EV1]. `broken`: not what its type promises.
 */
export function readEvent(frame: EventFrame): { event: TopicEvent; state: boolean } | 'later' | 'broken' {
  if (!Object.hasOwn(EVENTS, frame.type)) return 'later';
  const spec = EVENTS[frame.type as EventType];
  const data = spec.data.safeParse(frame.data);
  if (!data.success) return 'broken';
  const { type, topic, revision } = frame;
  return { event: { type, topic, revision, data: data.data } as TopicEvent, state: spec.state };
}
