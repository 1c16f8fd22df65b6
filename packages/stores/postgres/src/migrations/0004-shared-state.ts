/** What replicas say of themselves, and what was decided for all of them. */
export const SHARED_STATE_SQL: string = `
ALTER TABLE mcp_flowgate.replica ADD COLUMN about text;

CREATE TABLE mcp_flowgate.decision (
  subject text COLLATE "C" PRIMARY KEY,
  n bigint NOT NULL,
  decided_at bigint NOT NULL,
  body text NOT NULL
);
`;
