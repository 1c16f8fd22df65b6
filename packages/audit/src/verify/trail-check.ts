import { createHash } from "node:crypto";
import { isJsonObject, parseJson } from "@mcp-flowgate/core";
import type { Json, JsonObject } from "@mcp-flowgate/core";
import { checkpointStatement, headStatement } from "../file/lead-record.ts";
import type { Checkpoint, ExportedHead, SeenHead, TornLine } from "../file/lead-record.ts";
import type { LineBytes } from "../read-lines.ts";
import { createHashScratch, hashRecord, locateRecord, readTrailType } from "../record-bytes.ts";
import type { RecordBytes } from "../record-bytes.ts";
import { toVerifyingKey } from "../signing-key.ts";
import type { VerifyingKey } from "../signing-key.ts";
import { readLine } from "./line-check.ts";
import { hashIn } from "./run.ts";
import type { Run } from "./run.ts";
import { checkBeginning, indexHeads, StreamCheck } from "./stream-check.ts";
import type { RecordProblem } from "./stream-check.ts";
import type { StreamSummary, TrailProblem } from "./verdict.ts";

/**
 * Owns: the state of all streams while the files of a trail pass by, oldest first.
 *
 * V1 A record counts only where its bytes have the hash that it claims.
 * V2 A stream is dense from its first record, which is number 1 or continues from a file that was removed on purpose.
 * V3 What lead records and exported heads say about a stream is true of it.
 * V4 A line that is no record is only accepted as the torn write that the next record declares, or at the end of
 *    a file, where nobody wrote since.
 */
export interface TrailCheckOptions {
  /** The number of the oldest file. */
  readonly firstFile: number;
  readonly heads: readonly ExportedHead[];
  /** Keys that are trusted. Without any, the keys that the trail itself names are used. */
  readonly keys: readonly VerifyingKey[];
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly offset: number;
}

export class TrailCheck {
  readonly #options: TrailCheckOptions;
  readonly #streams = new Map<string, StreamCheck>();
  readonly #expected: Map<string, Map<number, ExportedHead>>;
  readonly #keys = new Map<string, VerifyingKey>();
  readonly #usedKeys = new Set<string>();
  readonly #scratch = createHashScratch();
  readonly #torn: { readonly line: TornLine; readonly place: Place }[] = [];
  #file = "";
  #line = 0;
  #offset = 0;
  #oldestDeclared = 1;
  #problem: TrailProblem | undefined;
  records = 0;
  checkpoints = 0;
  tornLines = 0;

  constructor(options: TrailCheckOptions) {
    this.#options = options;
    this.#expected = indexHeads(options.heads);
    for (const key of options.keys) this.#keys.set(key.id, key);
  }

  beginFile(path: string): void {
    this.#file = path;
    this.#line = 0;
  }

  /** @returns false once something is wrong. */
  takeLine(line: LineBytes): boolean {
    this.#line += 1;
    const { buffer, start, end } = line;
    if (start === end) return true;
    this.#offset = line.offset;
    // All lines of a good trail but a few.
    const only = locateRecord(buffer, start, end);
    if (only !== undefined && hashRecord(buffer, only, this.#scratch) === only.hash) {
      return this.#takeRecord(buffer, only);
    }
    const content = readLine(buffer, start, end, this.#scratch);
    switch (content.kind) {
      case "records":
        this.tornLines += content.torn;
        return content.records.every((record) => this.#takeRecord(buffer, record));
      case "torn": {
        this.tornLines += 1;
        if (line.terminated) this.#torn.push({ line: toTornLine(line), place: this.#place() });
        else this.#torn.length = 0;
        return true;
      }
      case "edited": {
        const { stream, seq } = content.record;
        const message = `the content of record ${seq} of ${stream} is not what its hash says`;
        return this.#report({ kind: "edited", message }, this.#place(), { stream, seq });
      }
      case "not_a_record":
        return this.#report({ kind: "not_a_record", message: "the line is not a record" }, this.#place());
      default:
        return content satisfies never;
    }
  }

  /**
   * Takes many lines at once that were read elsewhere, with all that they would have changed here one by one.
   * @returns false where they have to be taken one by one, for whatever is said about one of them is said here; nothing
   *   is changed then.
   */
  takeRun(run: Run): boolean {
    if (this.#problem !== undefined || this.#torn.length > 0) return false;
    for (const part of run.parts) {
      const stream = this.#streams.get(part.stream);
      if (stream === undefined || !stream.isContinuedBy(part)) return false;
      for (const head of this.#expected.get(part.stream)?.values() ?? []) {
        if (head.seq >= part.from && head.seq <= part.to && hashIn(part, head.seq) !== head.hash)
          return false;
      }
    }
    for (const part of run.parts) this.#streams.get(part.stream)?.takePart(part);
    this.#line += run.lines;
    this.records += run.records;
    return true;
  }

  /** Takes note of what somebody else found in the last line. */
  report(problem: RecordProblem): void {
    this.#report(problem, this.#place());
  }

  endFile(): boolean {
    return this.#refuseTorn([], 0);
  }

  /** The first problem, once all files have passed. */
  finish(allowMissingOlder: boolean): TrailProblem | undefined {
    if (this.#problem !== undefined) return this.#problem;
    const { firstFile } = this.#options;
    if (firstFile > 1 && !allowMissingOlder && this.#oldestDeclared < firstFile) {
      const message = `file ${firstFile - 1} of the trail is not here, and no record says that it was removed on purpose`;
      return { kind: "missing_file", message };
    }
    for (const [stream, heads] of this.#expected) {
      const reached = this.#streams.get(stream)?.seq ?? 0;
      for (const head of heads.values()) {
        if (head.seq > reached && head.file >= firstFile) {
          return truncated(stream, head.seq, reached, "an exported head");
        }
        const key = this.#keys.get(head.keyId);
        if (key !== undefined && !key.verify(headStatement(head), head.signature)) {
          const message = `the exported head of ${stream} at record ${head.seq} is not signed with the key that it names`;
          return { kind: "forged_checkpoint", message };
        }
      }
    }
    return undefined;
  }

  streams(): readonly StreamSummary[] {
    return [...this.#streams.values()].map(({ stream, from, seq, hash, signedTo }) => ({
      stream,
      from,
      to: seq,
      hash,
      signedTo,
    }));
  }

  keyIds(): readonly string[] {
    return [...this.#usedKeys];
  }

  #takeRecord(buffer: Buffer, record: RecordBytes): boolean {
    const type = readTrailType(buffer, record);
    const payload = type === undefined ? undefined : readPayload(buffer, record);
    if (this.#torn.length > 0 && !this.#refuseTorn(tornOf(payload), seenBytes(payload))) return false;
    const stream = this.#streams.get(record.stream) ?? this.#beginStream(record, payload);
    if (stream === undefined) return false;
    // A checkpoint speaks of the tree without itself.
    const root = type === "audit.checkpoint" ? stream.tree?.root() : undefined;
    const problem =
      stream.take(record) ??
      this.#checkHead(record) ??
      (payload && this.#takeLead(type, payload, record, stream, root));
    if (problem !== undefined) return this.#report(problem, this.#place(), record);
    this.records += 1;
    return true;
  }

  #beginStream(record: RecordBytes, payload: JsonObject | undefined): StreamCheck | undefined {
    const previous = payload?.["previousFile"];
    const problem = checkBeginning(
      record,
      typeof previous === "number" ? previous : undefined,
      this.#options.firstFile,
    );
    if (problem !== undefined) {
      this.#report(problem, this.#place(), record);
      return undefined;
    }
    const stream = new StreamCheck(record);
    this.#streams.set(record.stream, stream);
    return stream;
  }

  #checkHead(record: RecordBytes): RecordProblem | undefined {
    const head = this.#expected.get(record.stream)?.get(record.seq);
    if (head === undefined || head.hash === record.hash) return undefined;
    const message = `record ${record.seq} of ${record.stream} is another one than the exported head says`;
    return { kind: "spliced", message };
  }

  #takeLead(
    type: string | undefined,
    payload: JsonObject,
    record: RecordBytes,
    stream: StreamCheck,
    root: string | undefined,
  ): RecordProblem | undefined {
    if (type === "audit.opened") this.#announceKey(payload["publicKey"]);
    if (typeof payload["oldest"] === "number") {
      this.#oldestDeclared = Math.max(this.#oldestDeclared, payload["oldest"]);
    }
    const problem = this.#checkSight(payload["heads"], record);
    if (problem !== undefined || type !== "audit.checkpoint") return problem;
    return this.#takeCheckpoint(payload, record, stream, root);
  }

  #checkSight(heads: Json | undefined, record: RecordBytes): RecordProblem | undefined {
    if (!Array.isArray(heads)) return undefined;
    for (const head of heads as readonly SeenHead[]) {
      const seen = this.#streams.get(head.stream);
      const by = `record ${record.seq} of ${record.stream}`;
      if (seen === undefined || seen.seq < head.seq) {
        if (head.file >= this.#options.firstFile) return truncated(head.stream, head.seq, seen?.seq ?? 0, by);
      } else if ((seen.hashAt(head.seq) ?? head.hash) !== head.hash) {
        const message = `record ${head.seq} of ${head.stream} is another one than ${by} saw`;
        return { kind: "spliced", message };
      }
    }
    return undefined;
  }

  #takeCheckpoint(
    payload: JsonObject,
    record: RecordBytes,
    stream: StreamCheck,
    root: string | undefined,
  ): RecordProblem | undefined {
    const checkpoint = payload as unknown as Checkpoint & {
      readonly keyId: string;
      readonly signature: string;
    };
    const forged = (what: string): RecordProblem => ({
      kind: "forged_checkpoint",
      message: `checkpoint ${record.seq} of ${record.stream} ${what}`,
    });
    if (checkpoint.to !== record.seq - 1 || checkpoint.head !== record.prevHash) {
      return forged("does not cover the records before it");
    }
    if (root !== undefined && (checkpoint.from !== stream.treeFrom || checkpoint.root !== root)) {
      return forged("does not have the Merkle root of its records");
    }
    const key = this.#keys.get(checkpoint.keyId);
    if (key !== undefined) {
      const { from, to, head } = checkpoint;
      const statement = checkpointStatement(record.stream, {
        from,
        to,
        head,
        root: checkpoint.root,
      });
      if (!key.verify(statement, checkpoint.signature))
        return forged("is not signed with the key that it names");
      this.#usedKeys.add(key.id);
      stream.signedTo = checkpoint.to;
    } else if (this.#options.keys.length > 0) {
      return forged(`is signed with key ${checkpoint.keyId}, which is not one of the trusted keys`);
    }
    stream.startTree();
    this.checkpoints += 1;
    return undefined;
  }

  #announceKey(pem: Json | undefined): void {
    if (typeof pem !== "string" || this.#options.keys.length > 0) return;
    try {
      const key = toVerifyingKey(pem);
      this.#keys.set(key.id, key);
    } catch {
      // A record that names no usable key vouches for nothing; its checkpoints stay unsigned.
    }
  }

  /**
   * Torn lines that wait for the next record, which has to declare each of them, but for those of a process that died
   * after the record's writer had looked: they stand behind what it says that it saw.
   */
  #refuseTorn(declared: readonly TornLine[], seen: number): boolean {
    for (const { line, place } of this.#torn) {
      if (declared.length > 0 && place.offset >= seen) continue;
      if (!declared.some((torn) => torn.bytes === line.bytes && torn.sha256 === line.sha256)) {
        const message = "the line is only the beginning of a record, and the next record does not say why";
        return this.#report({ kind: "not_a_record", message }, place);
      }
    }
    this.#torn.length = 0;
    return true;
  }

  #place(): Place {
    return { file: this.#file, line: this.#line, offset: this.#offset };
  }

  #report(
    problem: RecordProblem,
    place: Place,
    record?: { readonly stream: string; readonly seq: number },
  ): boolean {
    const where = record === undefined ? {} : { stream: record.stream, seq: record.seq };
    this.#problem ??= { ...problem, ...place, ...where };
    return false;
  }
}

function truncated(stream: string, seq: number, reached: number, by: string): TrailProblem {
  const end = reached === 0 ? "none of it is here" : `it ends with record ${reached}`;
  return { kind: "truncated", message: `${by} names record ${seq} of ${stream}, but ${end}`, stream, seq };
}

function readPayload(buffer: Buffer, record: RecordBytes): JsonObject | undefined {
  const parsed = parseJson(buffer.toString("utf8", record.start, record.end)) as { readonly payload?: Json };
  return isJsonObject(parsed.payload) ? parsed.payload : undefined;
}

function tornOf(payload: JsonObject | undefined): readonly TornLine[] {
  const torn = payload?.["torn"];
  return Array.isArray(torn) ? (torn as unknown as readonly TornLine[]) : [];
}

function seenBytes(payload: JsonObject | undefined): number {
  const seen = payload?.["seen"];
  const bytes = isJsonObject(seen) ? seen["bytes"] : undefined;
  return typeof bytes === "number" ? bytes : Number.POSITIVE_INFINITY;
}

function toTornLine(line: LineBytes): TornLine {
  const bytes = line.buffer.subarray(line.start, line.end);
  return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}
