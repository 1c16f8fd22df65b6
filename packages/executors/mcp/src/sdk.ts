/**
 * The client library, loaded by the first session: most of what it loads with it is checked schemas, and a gateway
 * whose connections are lazy starts without. Its errors can only exist once it is there.
 */
import type * as Sdk from "@modelcontextprotocol/client";
import type { ProtocolError, SdkError, SdkHttpError, UnauthorizedError } from "@modelcontextprotocol/client";

let loaded: typeof Sdk | undefined;

/** Loads the library, once. */
export async function loadSdk(): Promise<typeof Sdk> {
  loaded ??= await import("@modelcontextprotocol/client");
  return loaded;
}

/** The server answered with a JSON-RPC error. */
export function isProtocolError(thrown: unknown): thrown is ProtocolError {
  return loaded !== undefined && thrown instanceof loaded.ProtocolError;
}

/** An error of the library's own. */
export function isSdkError(thrown: unknown): thrown is SdkError {
  return loaded !== undefined && thrown instanceof loaded.SdkError;
}

/** The server answered with an HTTP status that is an error. */
export function isSdkHttpError(thrown: unknown): thrown is SdkHttpError {
  return loaded !== undefined && thrown instanceof loaded.SdkHttpError;
}

/** The server refused the credentials. */
export function isUnauthorizedError(thrown: unknown): thrown is UnauthorizedError {
  return loaded !== undefined && thrown instanceof loaded.UnauthorizedError;
}
