/**
 * Values that are too large for the rows of their instances: texts by their hash, and which instances they belong to.
 * Adds only: a replica of the version before goes on beside it, and what it leaves unremoved the next collection finds.
 */
export const BLOB_SQL = `
CREATE TABLE mcp_flowgate.blob (sha256 text COLLATE "C" PRIMARY KEY, body text NOT NULL);

CREATE TABLE mcp_flowgate.blob_owner (
  wf_id text COLLATE "C" NOT NULL,
  sha256 text COLLATE "C" NOT NULL,
  PRIMARY KEY (wf_id, sha256)
);
CREATE INDEX blob_owner_sha256 ON mcp_flowgate.blob_owner (sha256);
`;
