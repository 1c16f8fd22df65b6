/** Which audit records to read, in the order of their positions. */
export interface AuditFilter {
  /** `wf:<id>` or `replica:<name>:<epoch>`; left out, every stream. */
  readonly stream?: string;
  /** The position of the last record that was read. */
  readonly after?: number;
  /** Records before this position, newest first, instead of those after one. */
  readonly before?: number;
  readonly limit: number;
}

/** A record with its position. Positions grow and are not dense; what is read once has nothing before it that comes later. */
export interface StoredAudit {
  readonly position: number;
  /** The record's JSON text. */
  readonly line: string;
}

/** The audit records that a store keeps in its own tables. Stores that keep any have this shape. */
export interface AuditRows {
  audit(filter: AuditFilter): Promise<readonly StoredAudit[]>;
}
