export { AddressGuard, isPublicAddress, type Checked, type Resolve, type Resolved } from './address-guard.js';
export { codeOf, openWeb, pinned, readText, send, type WebAnswer, type WebRequest } from './guarded-web.js';
