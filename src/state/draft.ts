import type { Audience, EventPayload, EventType, Readers } from '../protocol/index.js';

/** An event that has no revision yet. Only what is told once may have an audience: state is the same for all who may have its topic. */
export type Draft = {
  [T in EventType]: {
    readonly type: T;
    readonly topic: string;
    readonly data: EventPayload<T>;
    readonly audience?: Audience | undefined;
    readonly readers?: Readers | undefined;
  };
}[EventType];
