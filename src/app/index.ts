export { DRIVERS } from '../../drivers/index.js';
export { startApp, type App, type AppOptions } from './start-app.js';
