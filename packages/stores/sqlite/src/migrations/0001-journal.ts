/**
 * The first schema. Every table keeps a row's JSON text beside the columns that statements compare: the text is what
 * comes back (S5), the columns are only for finding it. Text columns that hold what callers wrote are keys made by
 * `toKey`. All times are milliseconds since the epoch.
 */
export const JOURNAL_SQL: string = `
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO counter (name, value) VALUES ('epoch', 0), ('change', 0);

CREATE TABLE replica (
  epoch INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  lock TEXT NOT NULL,
  pid INTEGER NOT NULL,
  beat INTEGER NOT NULL,
  started_at INTEGER NOT NULL
) STRICT;

CREATE TABLE definition (hash TEXT PRIMARY KEY, id TEXT NOT NULL, body TEXT NOT NULL) STRICT;

CREATE TABLE wf (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  tenant TEXT NOT NULL,
  owner TEXT NOT NULL,
  definition_id TEXT NOT NULL,
  definition_hash TEXT NOT NULL,
  state TEXT NOT NULL,
  status TEXT NOT NULL,
  version INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  claimant TEXT,
  operation_id TEXT,
  created_at INTEGER NOT NULL,
  purge_at INTEGER,
  changed INTEGER NOT NULL,
  changed_by INTEGER NOT NULL,
  context TEXT NOT NULL,
  input TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX wf_created ON wf (created_at);
CREATE INDEX wf_owner ON wf (tenant, owner, created_at);
CREATE INDEX wf_definition ON wf (definition_hash);
CREATE INDEX wf_open ON wf (status, created_at) WHERE status <> 'terminal';
CREATE INDEX wf_purge ON wf (purge_at) WHERE purge_at IS NOT NULL;
CREATE INDEX wf_changed ON wf (changed);

CREATE TABLE op (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  wf_id TEXT NOT NULL,
  from_version INTEGER NOT NULL,
  status TEXT NOT NULL,
  claimant TEXT NOT NULL,
  deadline_at INTEGER NOT NULL,
  next_attempt_at INTEGER,
  body TEXT NOT NULL,
  late_result TEXT
) STRICT;
CREATE INDEX op_wf ON op (wf_id);
CREATE UNIQUE INDEX op_live ON op (wf_id, from_version)
  WHERE status IN ('running', 'waiting', 'unknown', 'committed');
CREATE INDEX op_running ON op (claimant, deadline_at) WHERE status = 'running';
CREATE INDEX op_retry ON op (next_attempt_at) WHERE status = 'waiting' AND next_attempt_at IS NOT NULL;

CREATE TABLE evidence (n INTEGER PRIMARY KEY, wf_id TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX evidence_wf ON evidence (wf_id);

CREATE TABLE timer (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  wf_id TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX timer_wf ON timer (wf_id);
CREATE INDEX timer_due ON timer (due_at);

CREATE TABLE signal (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, wf_id TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX signal_wf ON signal (wf_id);

CREATE TABLE approval (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  wf_id TEXT NOT NULL,
  tenant TEXT NOT NULL,
  queue TEXT NOT NULL,
  status TEXT NOT NULL,
  revision INTEGER NOT NULL,
  requested_at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX approval_wf ON approval (wf_id);
CREATE INDEX approval_requested ON approval (requested_at);
CREATE INDEX approval_pending ON approval (tenant, requested_at) WHERE status = 'pending';

CREATE TABLE request (
  tenant TEXT NOT NULL,
  principal TEXT NOT NULL,
  key TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (tenant, principal, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX request_expiry ON request (expires_at);

CREATE TABLE rate (n INTEGER PRIMARY KEY, key TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX rate_key ON rate (key, at);

CREATE TABLE audit (
  n INTEGER PRIMARY KEY,
  stream TEXT NOT NULL,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  hash TEXT NOT NULL,
  line TEXT NOT NULL,
  UNIQUE (stream, seq)
) STRICT;
`;
