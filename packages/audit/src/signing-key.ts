import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
  sign,
  verify,
} from "node:crypto";
import type { KeyObject } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** An ed25519 key that signs checkpoints. */
export interface SigningKey {
  /** The first 16 hex digits of SHA-256 over the public key (DER, SubjectPublicKeyInfo). */
  readonly id: string;
  /** SubjectPublicKeyInfo as PEM. */
  readonly publicKey: string;
  /** Base64. */
  sign(text: string): string;
  /** 32 bytes for another purpose, which tell nothing of the key or of each other. */
  derive(purpose: string): Uint8Array;
}

/** Checks signatures of one public key. */
export interface VerifyingKey {
  readonly id: string;
  verify(text: string, signature: string): boolean;
}

/**
 * The key in `file` (PKCS #8, PEM). Where there is none, one is made, readable by its owner alone, with its public
 * half beside it in `<file>.pub`. Of several processes that start at once, one makes it and all use it.
 * @throws where the file cannot be read or made, or holds another kind of key.
 */
export async function loadSigningKey(file: string): Promise<SigningKey> {
  let text = await readIfThere(file);
  if (text === undefined) {
    await makeKeyFile(file);
    text = await readFile(file, "utf8");
  }
  return toSigningKey(text, file);
}

/** @throws {TypeError} where `pem` is not an ed25519 private key; `name` is what the message calls it. */
export function toSigningKey(pem: string, name: string): SigningKey {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new TypeError(`${name} does not hold a private key in PEM form`, { cause });
  }
  if (key.asymmetricKeyType !== "ed25519") {
    throw new TypeError(
      `${name} holds a key of type ${key.asymmetricKeyType ?? "unknown"}; audit needs ed25519`,
    );
  }
  const publicKey = createPublicKey(key);
  const secret = key.export({ type: "pkcs8", format: "der" });
  return {
    id: keyId(publicKey),
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    sign: (text) => sign(null, Buffer.from(text, "utf8"), key).toString("base64"),
    derive: (purpose) => new Uint8Array(hkdfSync("sha256", secret, "mcp-flowgate audit", purpose, 32)),
  };
}

/** @throws {TypeError} where `pem` is not an ed25519 public key. */
export function toVerifyingKey(pem: string): VerifyingKey {
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (cause) {
    throw new TypeError("not a public key in PEM form", { cause });
  }
  if (key.asymmetricKeyType !== "ed25519") throw new TypeError("audit checkpoints are signed with ed25519");
  return {
    id: keyId(key),
    verify: (text, signature) =>
      verify(null, Buffer.from(text, "utf8"), key, Buffer.from(signature, "base64")),
  };
}

function keyId(publicKey: KeyObject): string {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex")
    .slice(0, 16);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Written whole under another name and then linked, which fails where another process was first. */
async function makeKeyFile(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const pair = generateKeyPairSync("ed25519");
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(draft, pair.privateKey.export({ type: "pkcs8", format: "pem" }), {
      mode: 0o600,
      flag: "wx",
      flush: true,
    });
    await link(draft, file);
    await writeFile(`${file}.pub`, pair.publicKey.export({ type: "spki", format: "pem" }), { mode: 0o644 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
