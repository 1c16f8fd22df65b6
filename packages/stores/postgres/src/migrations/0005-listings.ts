/**
 * An index for listings of one workflow among many instances of others. Adds only. Writes wait while it is built: some
 * seconds for each million instances.
 */
export const LISTINGS_SQL: string = `
CREATE INDEX wf_kind ON mcp_flowgate.wf (definition_id, created_at, n);
`;
