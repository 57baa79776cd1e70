/** Things on their way through the pipeline: `value` is what everybody may see, `own` what only its owner knows. See src/state/kept-list.ts. */
export const listTables = `
CREATE TABLE kept_lists (serial INTEGER PRIMARY KEY, list TEXT NOT NULL, id TEXT NOT NULL, value TEXT NOT NULL, own TEXT NOT NULL, UNIQUE (list, id));
`;
