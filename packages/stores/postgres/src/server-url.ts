import { FlowgateError } from "@mcp-flowgate/core";
import type { ClientConfig } from "pg";
import { parse, toClientConfig } from "pg-connection-string";

/** What to connect with, and what people may be told of it. */
export interface ServerAddress {
  readonly config: ClientConfig;
  /** Host, port and database, without user and password. */
  readonly shown: string;
}

const SSL_MODES = ["disable", "require", "no-verify", "verify-ca", "verify-full"];

/**
 * Reads a URL as libpq does: `sslmode=require` encrypts, `verify-ca` and `verify-full` also judge the server's
 * certificate (`sslrootcert=FILE` for one of your own). Without `sslmode` nothing is encrypted.
 * @throws FlowgateError `STORE_UNAVAILABLE`; the message never holds the URL, which holds a password.
 */
export function toServerAddress(url: string): ServerAddress {
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw refuse("is not a URL of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE");
  }
  const mode = /[?&]sslmode=([^&]*)/.exec(url)?.[1];
  if (mode !== undefined && !SSL_MODES.includes(mode)) {
    throw refuse(`has an sslmode that is not known; use one of ${SSL_MODES.join(", ")}`);
  }
  try {
    const parsed = parse(url, { useLibpqCompat: true });
    const config: ClientConfig = toClientConfig(parsed);
    if (mode === "no-verify") config.ssl = { rejectUnauthorized: false };
    const host = parsed.host ?? "localhost";
    const shown = `${host.includes(":") ? `[${host}]` : host}:${parsed.port || "5432"}/${parsed.database ?? ""}`;
    return { config, shown };
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "EACCES") throw refuse("names a certificate file that cannot be read");
    if (thrown instanceof Error && thrown.message.includes("sslrootcert")) {
      throw refuse("asks for sslmode=verify-ca, which needs sslrootcert=FILE");
    }
    throw refuse("cannot be read; encode special characters of the password as %XX");
  }
}

function refuse(why: string): FlowgateError {
  return new FlowgateError("STORE_UNAVAILABLE", `the store's url ${why}`);
}
