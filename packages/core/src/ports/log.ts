import type { Json } from "../json.ts";

/** Structured logging. Never to standard output, which may be the protocol's channel. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogFields = { readonly [name: string]: Json | undefined };
