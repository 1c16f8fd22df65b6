/**
 * The first schema. Every table keeps a row's JSON text beside the columns that statements compare: the text is what
 * comes back (S5), the columns are only for finding it. JSONB would refuse NUL and rewrite numbers. Columns that hold
 * what callers wrote are keys made by `toKey`, compared byte by byte. All times are milliseconds since the epoch.
 */
export const JOURNAL_SQL: string = `
CREATE FUNCTION mcp_flowgate.now_ms() RETURNS bigint LANGUAGE sql STABLE
  AS $$ SELECT (extract(epoch FROM statement_timestamp()) * 1000)::bigint $$;

CREATE TABLE mcp_flowgate.replica (
  epoch bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL,
  claimant text COLLATE "C" NOT NULL DEFAULT '',
  live_until bigint NOT NULL,
  started_at bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE mcp_flowgate.definition (
  hash text COLLATE "C" PRIMARY KEY,
  id text COLLATE "C" NOT NULL,
  used_at bigint NOT NULL,
  body text NOT NULL
);

CREATE TABLE mcp_flowgate.wf (
  n bigint GENERATED ALWAYS AS IDENTITY,
  id text COLLATE "C" PRIMARY KEY,
  tenant text COLLATE "C" NOT NULL,
  owner text COLLATE "C" NOT NULL,
  definition_id text COLLATE "C" NOT NULL,
  definition_hash text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  fence bigint NOT NULL,
  claimant text COLLATE "C",
  operation_id text COLLATE "C",
  created_at bigint NOT NULL,
  purge_at bigint,
  audit_seq bigint NOT NULL,
  audit_hash text NOT NULL,
  context text NOT NULL,
  input text NOT NULL,
  body text NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX wf_created ON mcp_flowgate.wf (created_at, n);
CREATE INDEX wf_owner ON mcp_flowgate.wf (tenant, owner, created_at, n);
CREATE INDEX wf_definition ON mcp_flowgate.wf (definition_hash);
CREATE INDEX wf_open ON mcp_flowgate.wf (status, created_at, n) WHERE status <> 'terminal';
CREATE INDEX wf_purge ON mcp_flowgate.wf (purge_at) WHERE purge_at IS NOT NULL;

CREATE TABLE mcp_flowgate.op (
  n bigint GENERATED ALWAYS AS IDENTITY,
  id text COLLATE "C" PRIMARY KEY,
  wf_id text COLLATE "C" NOT NULL,
  from_version bigint NOT NULL,
  status text COLLATE "C" NOT NULL,
  claimant text COLLATE "C" NOT NULL,
  deadline_at bigint NOT NULL,
  next_attempt_at bigint,
  body text NOT NULL,
  late_result text
) WITH (fillfactor = 80);
CREATE INDEX op_wf ON mcp_flowgate.op (wf_id, n);
CREATE UNIQUE INDEX op_live ON mcp_flowgate.op (wf_id, from_version)
  WHERE status IN ('running', 'waiting', 'unknown', 'committed');
CREATE INDEX op_running ON mcp_flowgate.op (claimant, deadline_at) WHERE status = 'running';
CREATE INDEX op_deadline ON mcp_flowgate.op (deadline_at) WHERE status = 'running';
CREATE INDEX op_retry ON mcp_flowgate.op (next_attempt_at, n) WHERE status = 'waiting' AND next_attempt_at IS NOT NULL;

CREATE TABLE mcp_flowgate.evidence (
  n bigint GENERATED ALWAYS AS IDENTITY,
  wf_id text COLLATE "C" NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (wf_id, n)
);

CREATE TABLE mcp_flowgate.timer (
  n bigint GENERATED ALWAYS AS IDENTITY,
  id text COLLATE "C" PRIMARY KEY,
  wf_id text COLLATE "C" NOT NULL,
  due_at bigint NOT NULL,
  body text NOT NULL
);
CREATE INDEX timer_wf ON mcp_flowgate.timer (wf_id, n);
CREATE INDEX timer_due ON mcp_flowgate.timer (due_at, n);

CREATE TABLE mcp_flowgate.signal (
  n bigint GENERATED ALWAYS AS IDENTITY,
  id text COLLATE "C" PRIMARY KEY,
  wf_id text COLLATE "C" NOT NULL,
  body text NOT NULL
);
CREATE INDEX signal_wf ON mcp_flowgate.signal (wf_id, n);
CREATE INDEX signal_n ON mcp_flowgate.signal (n);

CREATE TABLE mcp_flowgate.approval (
  n bigint GENERATED ALWAYS AS IDENTITY,
  id text COLLATE "C" PRIMARY KEY,
  wf_id text COLLATE "C" NOT NULL,
  tenant text COLLATE "C" NOT NULL,
  queue text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  revision bigint NOT NULL,
  requested_at bigint NOT NULL,
  body text NOT NULL
);
CREATE INDEX approval_wf ON mcp_flowgate.approval (wf_id, n);
CREATE INDEX approval_requested ON mcp_flowgate.approval (requested_at, n);
CREATE INDEX approval_pending ON mcp_flowgate.approval (requested_at, n) WHERE status = 'pending';

CREATE TABLE mcp_flowgate.request (
  tenant text COLLATE "C" NOT NULL,
  principal text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  expires_at bigint NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (tenant, principal, key)
);
CREATE INDEX request_expiry ON mcp_flowgate.request (expires_at);

CREATE TABLE mcp_flowgate.rate (key text COLLATE "C" NOT NULL, at bigint NOT NULL);
CREATE INDEX rate_key ON mcp_flowgate.rate (key, at);
CREATE INDEX rate_at ON mcp_flowgate.rate (at);

CREATE TABLE mcp_flowgate.audit (
  n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream text COLLATE "C" NOT NULL,
  stream_name text NOT NULL,
  seq bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  hash text NOT NULL,
  line text NOT NULL,
  CONSTRAINT audit_place UNIQUE (stream, seq)
);

CREATE TABLE mcp_flowgate.change (xid xid8 NOT NULL, epoch bigint NOT NULL, wf_id text NOT NULL);
CREATE INDEX change_xid ON mcp_flowgate.change (xid);
`;
