export { Alarms, type AlarmParts } from './alarms.js';
export type { RunCommand } from './ask.js';
export type { Fades } from './fade.js';
export { Sleeps, type SleepParts } from './sleeps.js';
export { keepTone, TONE_ID, TONE_SECONDS } from './tone.js';
