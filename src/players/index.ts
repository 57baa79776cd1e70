export * from './contract.js';
export * from './discovery.js';
export * from './players.js';
export * from './supervisor.js';
