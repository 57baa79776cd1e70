export {
  openSchedules,
  type ScheduledWork,
  type ScheduleParts,
  type ScheduleResult,
  type Schedules,
} from './schedules.js';
export { statistics } from './statistics.js';
