import type { Access } from './access.js';
import type { TopicName } from './events.js';

/** Who may have a topic. A topic without a row does not build. [RO1] */
export const TOPIC_ACCESS = {
  rooms: 'house',
  players: 'house',
  'room/*': 'room',
  /** And only who is in, while the party is private. [PT7] */
  'party/*': 'room',
  library: 'browse',
  system: 'browse',
  toasts: 'browse',
  people: 'manage',
  activity: 'house',
  jobs: 'house',
  'job/*': 'house',
  downloads: 'house',
  imports: 'manage',
  'candidate/*': 'manage',
  exports: 'house',
  schedules: 'manage',
  targets: 'manage',
  inputs: 'manage',
  alarms: 'house',
  sleeps: 'house',
  checks: 'manage',
} as const satisfies Record<TopicName, Access>;
