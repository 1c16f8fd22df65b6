import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { endianness } from "node:os";
import { dirname } from "node:path";
import { err, isJsonObject, ok, tryParseJson, type Result } from "@mcp-flowgate/core";

/** Vectors by the hash of the text and model that they were made of. All are of one length. */
export type Vectors = ReadonlyMap<string, Float32Array>;

const FORMAT = "flowgate-vectors/1";
const MOST_BYTES = 2 ** 31 - 1;
const HEADER_END = 0x0a;

/**
 * Reads a file of vectors: a line of JSON that names their hashes, then their numbers (32-bit, little-endian) one after
 * the other. A file that is not there is an empty one; so is one of
 * another model. One that is not whole is an error, and may be written anew.
 */
export async function readVectors(path: string, model: string): Promise<Result<Vectors, string>> {
  try {
    const size = (await stat(path)).size;
    if (size > MOST_BYTES) return err(`it is over ${MOST_BYTES} bytes`);
    return decode(await readFile(path), model);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return ok(new Map());
    return err(reasonOf(error));
  }
}

/** Puts a new file in the place of the old one, whole or not at all. Only the owner may read it. */
export async function writeVectors(
  path: string,
  model: string,
  vectors: Vectors,
): Promise<Result<undefined, string>> {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(draft, encode(model, vectors), { mode: 0o600 });
    await rename(draft, path);
    return ok(undefined);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    return err(reasonOf(error));
  }
}

function encode(model: string, vectors: Vectors): Buffer {
  const dimensions = vectors.values().next().value?.length ?? 0;
  const numbers = Buffer.alloc(vectors.size * dimensions * 4);
  let at = 0;
  for (const vector of vectors.values()) {
    numbers.set(littleEndian(Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)), at);
    at += vector.byteLength;
  }
  const header = {
    format: FORMAT,
    model,
    dimensions,
    digest: digestOf(numbers),
    hashes: [...vectors.keys()],
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), numbers]);
}

function decode(file: Buffer, model: string): Result<Vectors, string> {
  const end = file.indexOf(HEADER_END);
  const header = end < 0 ? undefined : toHeader(file.toString("utf8", 0, end));
  if (header === undefined) return err("it is no file of vectors");
  if (header.model !== model) return ok(new Map());
  const numbers = file.subarray(end + 1);
  const bytes = header.dimensions * 4;
  if (numbers.length !== header.hashes.length * bytes || digestOf(numbers) !== header.digest)
    return err("it is not whole");
  const vectors = new Map<string, Float32Array>();
  for (const [at, hash] of header.hashes.entries()) {
    const own = littleEndian(Buffer.from(numbers.subarray(at * bytes, (at + 1) * bytes)));
    const copy = new Uint8Array(bytes);
    copy.set(own);
    vectors.set(hash, new Float32Array(copy.buffer));
  }
  return ok(vectors);
}

function toHeader(text: string) {
  const header = tryParseJson(text);
  if (!isJsonObject(header) || header["format"] !== FORMAT) return undefined;
  const { model, dimensions, digest, hashes } = header;
  if (typeof dimensions !== "number" || !Number.isInteger(dimensions) || dimensions < 0) return undefined;
  if (typeof digest !== "string" || !Array.isArray(hashes)) return undefined;
  return { model, dimensions, digest, hashes: hashes.filter((hash) => typeof hash === "string") };
}

/** The bytes of 32-bit numbers in the file's order; on a machine of the other order, swapped in a copy. */
function littleEndian(bytes: Buffer): Buffer {
  return endianness() === "LE" ? bytes : Buffer.from(bytes).swap32();
}

function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
