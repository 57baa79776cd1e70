export * from './house-settings.js';
export { settingView } from './view.js';
export { writeKept } from './write-kept.js';
export { watchFile } from './watch-file.js';
