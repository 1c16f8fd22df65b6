/**
 * Checkpoints over audit records. A record is in `unsealed` from its commit until a checkpoint covers it, whoever wrote
 * it: a trigger sees to that. `leaves` are the hashes of the records that a checkpoint covers, 32 bytes each, so that it
 * can be judged when retention has removed some of them.
 */
export const CHECKPOINTS_SQL: string = `
CREATE TABLE unsealed (n INTEGER PRIMARY KEY) STRICT;
INSERT INTO unsealed SELECT n FROM audit;
CREATE TRIGGER audit_unsealed AFTER INSERT ON audit BEGIN INSERT INTO unsealed (n) VALUES (new.n); END;
CREATE TRIGGER audit_removed AFTER DELETE ON audit BEGIN DELETE FROM unsealed WHERE n = old.n; END;
CREATE TABLE checkpoint (
  n INTEGER PRIMARY KEY,
  body TEXT NOT NULL,
  hash TEXT NOT NULL,
  signature TEXT NOT NULL,
  leaves BLOB NOT NULL
) STRICT;
INSERT INTO counter (name, value) VALUES ('sealer', 0);
`;
