export * from './contract.js';
export * from './configured.js';
export * from './decoder-arguments.js';
export * from './discovery.js';
export * from './players.js';
export * from './reporter.js';
export * from './supervisor.js';
