/** Where a room's music is at a moment of the server's clock: the rule of the protocol, for those who keep its time. [TL1] */
export { positionAt } from '../protocol/index.js';
