export * from './client-error.js';
export * from './client.js';
export { timelineOf, type Mirror } from './mirror.js';
export type { ClientClock, Socket, SocketConstructor, SocketEvent } from './socket.js';
