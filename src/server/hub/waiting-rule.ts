import type { TopicEvent } from '../../protocol/index.js';

/**
 * How an event waits for its turn on a slow line. `latest`: a newer one with the same key takes its place. `delta`: a change that is
 * wrong without the ones before it. `once`: told once, the oldest is dropped when too many wait. [BP2]
 */
export type WaitingRule =
  { readonly kind: 'latest'; readonly key: string } | { readonly kind: 'delta' } | { readonly kind: 'once' };

export function waitingRule(event: TopicEvent): WaitingRule {
  switch (event.type) {
    case 'queue:updated':
    case 'room:chat':
    case 'activity':
      return { kind: 'delta' };
    case 'playback:track':
    case 'library:updated':
    case 'toast':
    case 'server:restarting':
    case 'room:event':
    case 'playback:sync':
    case 'notification':
    case 'task:started':
    case 'task:completed':
    case 'task:failed':
    case 'process:started':
    case 'process:completed':
    case 'download:complete':
    case 'download:error':
    case 'import:complete':
    case 'import:review':
    case 'quality:upgraded':
    case 'export:complete':
    case 'candidate:created':
    case 'candidate:deleted':
    case 'file:uploaded':
    case 'file:deleted':
    case 'file:changed':
    case 'workspace:changed':
      return { kind: 'once' };
    case 'playback:state':
    case 'playback:progress':
    case 'sync:report':
    case 'room:added':
    case 'room:updated':
    case 'room:removed':
    case 'party:summary':
    case 'party:updated':
      return latest(event, event.data.room_id);
    case 'room:state':
      return latest(event, event.data.room.room_id);
    case 'volume:updated':
      return latest(event, `${event.data.room_id}/${event.data.player_id ?? ''}`);
    case 'player:added':
    case 'player:updated':
    case 'player:removed':
      return latest(event, event.data.player_id);
    case 'job:updated':
    case 'job:removed':
      return latest(event, event.data.job_id);
    case 'task:progress':
      return latest(event, event.data.task_id);
    case 'process:progress':
      return latest(event, event.data.process_id);
    case 'download:updated':
    case 'download:removed':
      return latest(event, event.data.download_id);
    case 'download:progress':
      return latest(event, event.data.id);
    case 'candidate:updated':
    case 'candidate:removed':
      return latest(event, event.data.candidate_id);
    case 'export:updated':
    case 'export:removed':
      return latest(event, event.data.export_id);
    case 'export:progress':
      return latest(event, event.data.user_id);
    case 'schedule:updated':
    case 'schedule:removed':
      return latest(event, event.data.schedule_id);
    case 'target:updated':
    case 'target:removed':
      return latest(event, event.data.target_id);
    case 'library:state':
    case 'system:state':
    case 'heartbeat':
    case 'people:changed':
      return latest(event, '');
    default:
      return event satisfies never;
  }
}

function latest(event: TopicEvent, entity: string): WaitingRule {
  return { kind: 'latest', key: `${event.topic} ${event.type} ${entity}` };
}
