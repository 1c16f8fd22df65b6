import { tryParseJson, type SealTable, type StoredCheckpoint, type StoredRow } from "@mcp-flowgate/core";
import { headStatement } from "../file/lead-record.ts";
import type { ExportedHead } from "../file/lead-record.ts";
import { GENESIS_HASH } from "../record.ts";
import { countRuns, firstOutside, mergeRuns, toRuns } from "../seal/positions.ts";
import type { Runs } from "../seal/positions.ts";
import { hashBody, readBody, rootOf, storeStatement } from "../seal/checkpoint.ts";
import type { CheckpointBody } from "../seal/checkpoint.ts";
import { CHECKPOINT_STREAM } from "../seal/sealer.ts";
import { toVerifyingKey } from "../signing-key.ts";
import type { VerifyingKey } from "../signing-key.ts";
import type { RecordProblem } from "./stream-check.ts";

/**
 * Owns: what the checkpoints of a store say, while its records pass by.
 *
 * C1 Checkpoints are dense, chained and have the roots of their leaves; their signatures are good where the key is known.
 * C2 Every position that a seal covers holds the record whose hash the seal has, or a purge says that it was removed.
 * C3 A record that no seal covers is one that the store still calls unsealed.
 * C4 The chain reaches every exported head.
 *
 * Gateways may go on meanwhile: what they seal and purge after the first look is read at the end, before anything is
 * called missing or unsealed.
 */
export class StoreCheck {
  readonly #table: SealTable;
  readonly #trusted: readonly VerifyingKey[];
  readonly #keys = new Map<string, VerifyingKey>();
  readonly #heads: ReadonlyMap<number, ExportedHead>;
  readonly #passed = new Map<number, string>();
  #purged: Runs = [];
  #missing: Runs = [];
  #number = 0;
  #hash = GENESIS_HASH;
  /** Seals whose records have not all passed by yet. */
  #open: { readonly body: CheckpointBody; readonly leaves: Buffer }[] = [];
  readonly usedKeys: Set<string> = new Set();
  checkpoints = 0;

  constructor(table: SealTable, heads: readonly ExportedHead[], keys: readonly VerifyingKey[]) {
    this.#table = table;
    this.#trusted = keys;
    this.#heads = new Map(
      heads.filter(({ stream }) => stream === CHECKPOINT_STREAM).map((head) => [head.seq, head]),
    );
    for (const key of keys) this.#keys.set(key.id, key);
  }

  /** Takes the next record, in the order of positions. */
  async take(row: StoredRow): Promise<RecordProblem | undefined> {
    this.#passed.set(row.position, row.hash);
    const edited = findEdit(row);
    if (edited !== undefined) return { kind: "edited", message: edited };
    if (this.#passed.size < LOOK_EVERY) return undefined;
    return await this.#look(row.position);
  }

  /** Once all records have passed. */
  async finish(): Promise<RecordProblem | undefined> {
    const problem = await this.#look(Number.POSITIVE_INFINITY);
    if (problem !== undefined) return problem;
    return this.#checkHeads() ?? (await this.#checkUnsealed()) ?? this.#checkMissing();
  }

  /** Reads on in the chain as far as the records have passed by, and compares. */
  async #look(position: number): Promise<RecordProblem | undefined> {
    for (;;) {
      const problem = this.#compare(position);
      if (problem !== undefined) return problem;
      // One that reaches further than the records did waits for them; those behind it mostly do as well.
      if (this.#open.length > MOST_OPEN && position !== Number.POSITIVE_INFINITY) return undefined;
      const more = await this.#table.read(this.#number, CHUNK);
      if (more.length === 0) return undefined;
      for (const checkpoint of more) {
        const wrong = this.#follow(checkpoint);
        if (wrong !== undefined) return wrong;
      }
    }
  }

  #compare(position: number): RecordProblem | undefined {
    const ready = this.#open.filter(({ body }) => (body.positions.at(-1)?.[1] ?? 0) <= position);
    if (ready.length === 0) return undefined;
    this.#open = this.#open.filter((seal) => !ready.includes(seal));
    for (const { body, leaves } of ready) {
      const missing: number[] = [];
      let at = 0;
      for (const [first, last] of body.positions) {
        for (let one = first; one <= last; one += 1, at += 32) {
          const hash = this.#passed.get(one);
          this.#passed.delete(one);
          if (hash === undefined) missing.push(one);
          else if (hash !== leaves.toString("hex", at, at + 32)) {
            const message = `the record at position ${one} is another one than checkpoint ${body.number} covers`;
            return { kind: "spliced", message };
          }
        }
      }
      if (missing.length > 0) this.#missing = [...this.#missing, ...toRuns(missing)];
    }
    return undefined;
  }

  #follow(checkpoint: StoredCheckpoint): RecordProblem | undefined {
    const { number, body: text, hash, signature, leaves } = checkpoint;
    const forged = (what: string): RecordProblem => ({
      kind: "forged_checkpoint",
      message: `checkpoint ${this.#number + 1} of the store ${what}`,
    });
    const body = readBody(text);
    if (number !== this.#number + 1) return forged("is not there");
    if (hashBody(text) !== hash || body === undefined) return forged("is not what its hash says");
    if (body.number !== number || body.prevHash !== this.#hash)
      return forged("does not follow the one before it");
    const bytes = Buffer.from(leaves.buffer, leaves.byteOffset, leaves.byteLength);
    if (
      body.kind === "seal" &&
      (bytes.length !== 32 * countRuns(body.positions) || rootOf(leaves) !== body.root)
    ) {
      return forged("does not have the Merkle root of its records");
    }
    const problem = this.#checkSignature(body, text, signature);
    if (problem !== undefined) return forged(problem);
    const head = this.#heads.get(number);
    if (head !== undefined && head.hash !== hash) return forged("is another one than the exported head says");
    this.#number = number;
    this.#hash = hash;
    this.checkpoints += 1;
    if (body.kind === "seal") this.#open.push({ body, leaves: bytes });
    else this.#purged = mergeRuns([...this.#purged, ...body.positions]);
    return undefined;
  }

  #checkSignature(body: CheckpointBody, text: string, signature: string): string | undefined {
    if (body.publicKey !== undefined && this.#trusted.length === 0) this.#announce(body.publicKey);
    const key = this.#keys.get(body.keyId ?? "");
    if (key === undefined) {
      if (this.#trusted.length > 0) return "is not signed with one of the trusted keys";
      // Who has no key signs nothing; but where somebody signed before, nothing goes unsigned.
      return body.keyId === undefined && this.#keys.size === 0
        ? undefined
        : "is not signed with a key that is known";
    }
    if (!key.verify(storeStatement(text), signature)) return "is not signed with the key that it names";
    this.usedKeys.add(key.id);
    return undefined;
  }

  #announce(pem: string): void {
    try {
      const key = toVerifyingKey(pem);
      this.#keys.set(key.id, key);
    } catch {
      // It vouches for nothing.
    }
  }

  #checkHeads(): RecordProblem | undefined {
    for (const [number, head] of this.#heads) {
      const key = this.#keys.get(head.keyId);
      if (key !== undefined && !key.verify(headStatement(head), head.signature)) {
        const message = `the exported head of checkpoint ${number} is not signed with the key that it names`;
        return { kind: "forged_checkpoint", message };
      }
      if (number > this.#number) {
        const message = `an exported head names checkpoint ${number}, but the last one in the store is ${this.#number}`;
        return { kind: "truncated", message };
      }
    }
    return undefined;
  }

  /** Those that the store calls unsealed are asked for before the checkpoints are: one that was sealed meanwhile is in these. */
  async #checkUnsealed(): Promise<RecordProblem | undefined> {
    const positions = [...this.#passed.keys()];
    for (let from = 0; from < positions.length; from += CHUNK) {
      const some = positions.slice(from, from + CHUNK);
      for (const position of await this.#table.stillUnsealed(some)) this.#passed.delete(position);
    }
    const problem = await this.#look(Number.POSITIVE_INFINITY);
    if (problem !== undefined) return problem;
    const [position] = this.#passed.keys();
    if (position === undefined) return undefined;
    const message = `no checkpoint covers the record at position ${position}, and the store does not wait for one`;
    return { kind: "unsealed", message };
  }

  #checkMissing(): RecordProblem | undefined {
    const position = firstOutside(this.#missing, this.#purged);
    if (position === undefined) return undefined;
    const message = `the record at position ${position} was sealed and is not there, and no purge says that it was removed`;
    return { kind: "missing", message };
  }
}

const CHUNK = 200;
const LOOK_EVERY = 2000;
const MOST_OPEN = 100;

/** The columns are what queries and new records go by: they say what the record says. */
function findEdit({ position, line, stream, seq, id, type, at, hash }: StoredRow): string | undefined {
  const record = tryParseJson(line) as { readonly [name: string]: unknown } | undefined;
  if (record === undefined) return undefined;
  const columns = { stream, seq, id, eventType: type, timestamp: new Date(at).toISOString(), hash };
  const wrong = Object.entries(columns).find(([name, value]) => record[name] !== value);
  return (
    wrong && `the store says another ${wrong[0]} of the record at position ${position} than the record does`
  );
}
