import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { ServerIr } from "@mcp-flowgate/core";

type TlsSettings = NonNullable<ServerIr["http"]["tls"]>;

/** What the files of `server.http.tls` hold, found to be usable together. */
export type TlsMaterial = SecureContextOptions;

/** The files that a listener takes its certificates from. */
export function tlsFilesOf(tls: TlsSettings | undefined): readonly string[] {
  return [tls?.cert, tls?.key, tls?.ca, tls?.crl].filter((file) => file !== undefined);
}

/** Throws a sentence where a file cannot be read, is none of its kind, or does not belong to the others. */
export function readTlsFiles(tls: TlsSettings): TlsMaterial {
  const material: TlsMaterial = {
    cert: read("cert", tls.cert),
    key: read("key", tls.key),
    minVersion: "TLSv1.2",
    ...(tls.ca === undefined ? {} : { ca: read("ca", tls.ca) }),
    ...(tls.crl === undefined ? {} : { crl: listsOf(tls.crl) }),
  };
  const { crl, ...rest } = material;
  attempt(`${tls.cert} and ${tls.key} cannot be used together`, rest);
  attempt(`${tls.crl} is no revocation list`, crl === undefined ? {} : { crl });
  return material;
}

function read(name: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`server.http.tls.${name}: ${file} cannot be read (${codeOf(error)})`, { cause: error });
  }
}

/** OpenSSL reads the first list of a text and no more. */
function listsOf(file: string): string[] {
  const lists = read("crl", file).match(/-----BEGIN X509 CRL-----[^-]*-----END X509 CRL-----/g);
  // An empty list of lists would revoke nobody, and nobody would notice.
  if (lists === null) throw new Error(`server.http.tls.crl: ${file} holds no revocation list (PEM)`);
  return lists;
}

function attempt(what: string, options: SecureContextOptions): void {
  try {
    createSecureContext(options);
  } catch (error) {
    throw new Error(`server.http.tls: ${what} (${codeOf(error)})`, { cause: error });
  }
}

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
