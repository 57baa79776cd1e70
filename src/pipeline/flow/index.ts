export { Candidates, type Entry } from './candidates.js';
export { Flow, type Arrival, type FlowParts } from './flow.js';
export { Imports, type ImportsParts } from './imports.js';
export { News, type Happening } from './news.js';
export { WorkspaceNews } from './workspace-news.js';
