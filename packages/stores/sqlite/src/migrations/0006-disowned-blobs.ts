/**
 * Blobs that lost an owner, for the collection to look at, so that it need not look at all. Triggers see to it, whichever
 * version removes the instance. A blob may be named more than once, and may have another owner.
 */
export const DISOWNED_BLOBS_SQL: string = `
CREATE TABLE disowned_blob (n INTEGER PRIMARY KEY, sha256 TEXT NOT NULL) STRICT;
CREATE TRIGGER wf_blobs_removed AFTER DELETE ON wf BEGIN DELETE FROM blob_owner WHERE wf_id = old.id; END;
CREATE TRIGGER blob_owner_removed AFTER DELETE ON blob_owner BEGIN
  INSERT INTO disowned_blob (sha256) VALUES (old.sha256);
END;
DELETE FROM blob_owner WHERE wf_id NOT IN (SELECT id FROM wf);
INSERT INTO disowned_blob (sha256) SELECT sha256 FROM blob WHERE sha256 NOT IN (SELECT sha256 FROM blob_owner);
`;
