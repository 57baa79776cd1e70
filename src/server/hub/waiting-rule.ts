import type { EventPayload, EventType, TopicEvent } from '../../protocol/index.js';

/**
 * How an event waits for its turn on a slow line. `latest`: a newer one with the same key takes its place. `delta`: a change that is
 * wrong without the ones before it. `once`: told once, the oldest is dropped when too many wait. [BP2]
 */
export type WaitingRule =
  { readonly kind: 'latest'; readonly key: string } | { readonly kind: 'delta' } | { readonly kind: 'once' };

/** A function gives what the event is about: of that only the latest counts. */
type Rule<T extends EventType> = 'delta' | 'once' | ((data: EventPayload<T>) => string);

const RULES: { readonly [T in EventType]: Rule<T> } = {
  'queue:updated': 'delta',
  'room:chat': 'delta',
  activity: 'delta',
  'playback:track': 'once',
  'library:updated': 'once',
  toast: 'once',
  'server:restarting': 'once',
  'room:event': 'once',
  'playback:sync': 'once',
  notification: 'once',
  'task:started': 'once',
  'task:completed': 'once',
  'task:failed': 'once',
  'process:started': 'once',
  'process:completed': 'once',
  'download:complete': 'once',
  'download:error': 'once',
  'import:complete': 'once',
  'import:review': 'once',
  'quality:upgraded': 'once',
  'export:complete': 'once',
  'candidate:created': 'once',
  'candidate:deleted': 'once',
  'file:uploaded': 'once',
  'file:deleted': 'once',
  'file:changed': 'once',
  'workspace:changed': 'once',
  'playback:state': ({ room_id }) => room_id,
  'playback:progress': ({ room_id }) => room_id,
  'sync:report': ({ room_id }) => room_id,
  'room:added': ({ room_id }) => room_id,
  'room:updated': ({ room_id }) => room_id,
  'room:removed': ({ room_id }) => room_id,
  'party:summary': ({ room_id }) => room_id,
  'party:updated': ({ room_id }) => room_id,
  'player:added': ({ player_id }) => player_id,
  'player:updated': ({ player_id }) => player_id,
  'player:removed': ({ player_id }) => player_id,
  'job:updated': ({ job_id }) => job_id,
  'job:removed': ({ job_id }) => job_id,
  'download:updated': ({ download_id }) => download_id,
  'download:removed': ({ download_id }) => download_id,
  'candidate:updated': ({ candidate_id }) => candidate_id,
  'candidate:removed': ({ candidate_id }) => candidate_id,
  'export:updated': ({ export_id }) => export_id,
  'export:removed': ({ export_id }) => export_id,
  'schedule:updated': ({ schedule_id }) => schedule_id,
  'schedule:removed': ({ schedule_id }) => schedule_id,
  'target:updated': ({ target_id }) => target_id,
  'target:removed': ({ target_id }) => target_id,
  'alarm:updated': ({ alarm_id }) => alarm_id,
  'alarm:removed': ({ alarm_id }) => alarm_id,
  'sleep:updated': ({ sleep_id }) => sleep_id,
  'sleep:removed': ({ sleep_id }) => sleep_id,
  'input:updated': ({ input_id }) => input_id,
  'input:removed': ({ input_id }) => input_id,
  'check:updated': ({ check_id }) => check_id,
  'check:removed': ({ check_id }) => check_id,
  'room:state': ({ room }) => room.room_id,
  'volume:updated': ({ room_id, player_id = '' }) => `${room_id}/${player_id}`,
  'task:progress': ({ task_id }) => task_id,
  'process:progress': ({ process_id }) => process_id,
  'download:progress': ({ id }) => id,
  'export:progress': ({ user_id }) => user_id,
  'library:state': () => '',
  'system:state': () => '',
  heartbeat: () => '',
  'people:changed': () => '',
};

export function waitingRule(event: TopicEvent): WaitingRule {
  const rule = RULES[event.type] as Rule<EventType>;
  if (typeof rule !== 'function') return { kind: rule };
  return { kind: 'latest', key: `${event.topic} ${event.type} ${rule(event.data)}` };
}
