import { collectGarbage } from './garbage.js';

// Loaded into a server that is measured (`node --import`): it frees what it does not need when it is asked to from outside.
process.on('SIGUSR2', collectGarbage);
