/**
 * Values that are too large for the rows of their instances: texts by their hash, and which instances they belong to.
 * Adds only: a process of the version before goes on beside it, and what it leaves unremoved the next collection finds.
 */
export const BLOB_SQL = `
CREATE TABLE blob (sha256 TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL) STRICT;

CREATE TABLE blob_owner (
  wf_id TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  PRIMARY KEY (wf_id, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_owner_sha256 ON blob_owner (sha256);
`;
