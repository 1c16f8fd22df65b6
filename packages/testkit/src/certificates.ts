import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A certificate and its private key, as files and as PEM. */
export interface TestCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** Signs certificates and takes them back, with the `openssl` of the machine. */
export interface TestAuthority extends TestCertificate {
  /** @param names As OpenSSL writes them, for example `DNS:localhost,IP:127.0.0.1`. */
  issue(name: string, subject: string, names: string): TestCertificate;
  revoke(certificate: TestCertificate): void;
  /** The PEM of what is revoked by now. */
  revocationList(): string;
}

/** An authority of its own below a folder. */
export function createTestAuthority(folder: string, name: string): TestAuthority {
  const home = join(folder, name);
  mkdirSync(home, { recursive: true });
  const openssl = (...args: string[]): void =>
    void execFileSync("openssl", args, { stdio: "pipe", cwd: home });
  const read = (file: string): string => readFileSync(join(home, file), "utf8");
  const madeOf = (base: string): TestCertificate => ({
    certFile: join(home, `${base}.pem`),
    keyFile: join(home, `${base}.key`),
    cert: read(`${base}.pem`),
    key: read(`${base}.key`),
  });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  writeFileSync(
    join(home, "ca.cnf"),
    "[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\ndefault_md = sha256\ndefault_crl_days = 1\n",
  );
  writeFileSync(join(home, "index.txt"), "");
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-days",
    "1",
    "-subj",
    `/CN=${name}`,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
  );
  const own = ["-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key"];
  return {
    ...madeOf("ca"),
    issue(base, subject, names) {
      openssl("req", ...newKey, "-subj", subject, "-keyout", `${base}.key`, "-out", `${base}.csr`);
      writeFileSync(join(home, `${base}.ext`), `subjectAltName=${names}`);
      const by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
      const ext = ["-extfile", `${base}.ext`];
      openssl("x509", "-req", "-in", `${base}.csr`, ...by, "-days", "1", ...ext, "-out", `${base}.pem`);
      return madeOf(base);
    },
    revoke: ({ certFile }) => openssl("ca", ...own, "-revoke", certFile),
    revocationList() {
      openssl("ca", ...own, "-gencrl", "-out", "crl.pem");
      return read("crl.pem");
    },
  };
}
