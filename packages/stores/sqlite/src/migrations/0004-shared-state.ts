/** What processes say of themselves, and what was decided for all of them. */
export const SHARED_STATE_SQL: string = `
ALTER TABLE replica ADD COLUMN about TEXT;

CREATE TABLE decision (
  subject TEXT PRIMARY KEY,
  n INTEGER NOT NULL,
  decided_at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;
