import { FlowgateError } from "@mcp-flowgate/core";

/** The SQLSTATE that `thrown` carries, if the server answered with one. */
export function sqlState(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, severity } = thrown as { code?: unknown; severity?: unknown };
  return severity !== undefined && typeof code === "string" ? code : undefined;
}

/** The constraint that a statement met, if that is why it failed. */
export function constraintOf(thrown: unknown): string | undefined {
  return thrown instanceof Error ? (thrown as { constraint?: string }).constraint : undefined;
}

/**
 * Whether `thrown` is about the connection and not about what was asked: it broke, could not be made, or nothing came
 * back in time. What was sent over it may have been done or not.
 */
export function isConnectionLost(thrown: unknown): boolean {
  const state = sqlState(thrown);
  if (state !== undefined) return /^(08...|57P0[1235]|25P0[34]|53300)$/.test(state);
  return thrown instanceof Error && !(thrown instanceof FlowgateError) && !(thrown instanceof TypeError);
}

/**
 * Whether a statement that this connection had prepared is not there, or one that it had not is: something stands
 * between that gives each transaction another connection.
 */
export function isPreparedElsewhere(thrown: unknown): boolean {
  return ["26000", "42P05"].includes(sqlState(thrown) ?? "");
}

/**
 * Whether the same transaction can succeed when it is tried again: another one was in its way, or wrote what this one
 * had seen to be missing.
 */
export function isWorthAnotherTry(thrown: unknown): boolean {
  return isPreparedElsewhere(thrown) || ["40001", "40P01", "23505"].includes(sqlState(thrown) ?? "");
}

/**
 * What `thrown` means to whoever asked for a read or a batch (`STORE_UNAVAILABLE`), or for events alone to be recorded
 * (`AUDIT_UNAVAILABLE`). The messages name no host, user or statement: callers may see them. What the server or the
 * driver said is the cause.
 */
export function toStoreError(
  thrown: unknown,
  code: "STORE_UNAVAILABLE" | "AUDIT_UNAVAILABLE" = "STORE_UNAVAILABLE",
): FlowgateError {
  if (thrown instanceof FlowgateError) return thrown;
  if (sqlState(thrown) === undefined && !isConnectionLost(thrown)) return FlowgateError.from(thrown);
  return new FlowgateError(code, messageFor(thrown), { cause: thrown });
}

/** What is answered where the connection broke at the commit and the server could not be asked what became of it. */
export function inDoubtError(cause: unknown): FlowgateError {
  const message =
    "the connection to the store's database broke while it committed, and it has not said since whether it did; read before you try again";
  return new FlowgateError("STORE_UNAVAILABLE", message, { cause });
}

function messageFor(thrown: unknown): string {
  const state = sqlState(thrown);
  if (state === "53300") return "the store's database has no connection left; nothing was changed, try again";
  if (isConnectionLost(thrown)) {
    return "the store's database cannot be reached; nothing was changed, and work goes on by itself once it is back";
  }
  if (state === "55P03" || state === "40P01" || state === "40001" || state === "23505") {
    return "others hold the same rows of the store for too long; nothing was changed, try again";
  }
  if (state === "57014")
    return "the store's database took too long (store.statementTimeoutMs); nothing was changed";
  if (state === "25006") {
    return "the store's database is read-only, as a standby is; nothing was changed, and work goes on by itself once it can be written";
  }
  if (state?.startsWith("53") === true || state === "58030") {
    return "the store's database has no space or memory left; nothing was changed, and work goes on by itself once it has";
  }
  if (state === "42501") return "the store's user may not use the tables of its schema mcp_flowgate";
  if (state?.startsWith("42") === true) {
    return "the store's schema mcp_flowgate is not what this version expects; see its log";
  }
  return "the store's database failed; nothing was changed";
}
