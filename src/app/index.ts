export { DRIVERS, driversWithUnits, type OutputUnits } from '../../drivers/index.js';
export { judgesHere, settingJudges } from './setting-judges.js';
export { startApp, type App, type AppOptions } from './start-app.js';
