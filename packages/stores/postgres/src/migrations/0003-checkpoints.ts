/**
 * Checkpoints over audit records. A record is in `unsealed` from its commit until a checkpoint covers it, whoever wrote
 * it, replicas of an earlier version as well: a trigger sees to that. `leaves` are the hashes of the records that a
 * checkpoint covers, 32 bytes each, so that it can be judged when retention has removed some of them.
 */
export const CHECKPOINTS_SQL: string = `
CREATE TABLE mcp_flowgate.unsealed (n bigint PRIMARY KEY);
LOCK TABLE mcp_flowgate.audit IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO mcp_flowgate.unsealed SELECT n FROM mcp_flowgate.audit;
CREATE FUNCTION mcp_flowgate.mark_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO mcp_flowgate.unsealed SELECT n FROM fresh;
  RETURN NULL;
END $$;
CREATE TRIGGER audit_unsealed AFTER INSERT ON mcp_flowgate.audit REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION mcp_flowgate.mark_unsealed();
CREATE TABLE mcp_flowgate.checkpoint (
  n bigint PRIMARY KEY,
  body text NOT NULL,
  hash text NOT NULL,
  signature text NOT NULL,
  leaves bytea NOT NULL
);
ALTER TABLE mcp_flowgate.checkpoint ALTER COLUMN leaves SET STORAGE EXTERNAL;
CREATE TABLE mcp_flowgate.sealer (epoch bigint NOT NULL);
INSERT INTO mcp_flowgate.sealer VALUES (0);
`;
