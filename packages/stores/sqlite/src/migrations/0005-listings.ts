/**
 * Indexes for listings that would read, or sort, every instance of a tenant: all of it by time, one workflow's, and what has
 * not ended. Adds only.
 */
export const LISTINGS_SQL: string = `
CREATE INDEX wf_tenant ON wf (tenant, created_at);
CREATE INDEX wf_kind ON wf (tenant, definition_id, created_at);
CREATE INDEX wf_active ON wf (tenant, created_at) WHERE status <> 'terminal';
`;
