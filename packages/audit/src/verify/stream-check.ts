import type { ExportedHead } from "../file/lead-record.ts";
import { createMerkleTree } from "../merkle.ts";
import type { MerkleTree } from "../merkle.ts";
import type { RecordBytes } from "../record-bytes.ts";
import { GENESIS_HASH } from "../record.ts";
import { hashIn } from "./run.ts";
import type { RunPart } from "./run.ts";
import type { ProblemKind } from "./verdict.ts";

/** What is wrong with a record, before anybody knows where it is. */
export interface RecordProblem {
  readonly kind: ProblemKind;
  readonly message: string;
}

/** How many of its newest hashes a stream remembers, for what other streams say about it. */
const REMEMBERED = 1024;

/** One stream on its way through the files. */
export class StreamCheck {
  readonly stream: string;
  readonly from: number;
  seq: number;
  hash: string;
  signedTo = 0;
  /** The Merkle tree since the last checkpoint; unknown where the records before it are not in these files. */
  tree: MerkleTree | undefined;
  treeFrom: number;
  readonly #hashes: string[] = [];
  /** Those of the newest hashes that came as parts of runs. */
  #parts: readonly RunPart[] = [];

  /** @param first the first record of it in these files. */
  constructor(first: RecordBytes) {
    this.stream = first.stream;
    this.from = first.seq;
    this.seq = first.seq - 1;
    this.hash = first.prevHash;
    this.treeFrom = first.seq;
    this.tree = first.seq === 1 ? createMerkleTree() : undefined;
  }

  /** Takes the next record, or says why it cannot be the next. */
  take(record: RecordBytes): RecordProblem | undefined {
    if (record.seq > this.seq + 1) {
      return {
        kind: "missing",
        message: `${recordsOf(this.seq + 1, record.seq - 1)} of ${this.stream} should stand before record ${record.seq}`,
      };
    }
    if (record.seq <= this.seq) {
      return {
        kind: "repeated",
        message: `record ${record.seq} of ${this.stream} stands after its record ${this.seq}`,
      };
    }
    if (record.prevHash !== this.hash) {
      return {
        kind: "spliced",
        message: `record ${record.seq} of ${this.stream} was written behind another record ${this.seq}`,
      };
    }
    this.seq = record.seq;
    this.hash = record.hash;
    this.tree?.add(record.hash);
    this.#hashes[record.seq % REMEMBERED] = record.hash;
    return undefined;
  }

  isContinuedBy(part: RunPart): boolean {
    return part.from === this.seq + 1 && part.prevHash === this.hash;
  }

  /** What {@link take} does with each of the records. */
  takePart(part: RunPart): void {
    this.seq = part.to;
    this.hash = part.hash;
    this.tree?.addAll(part.hashes);
    this.#parts = [...this.#parts.filter(({ to }) => to > part.to - REMEMBERED), part];
  }

  /** After a checkpoint, which is itself the first record of the next. */
  startTree(): void {
    this.tree = createMerkleTree();
    this.tree.add(this.hash);
    this.treeFrom = this.seq;
  }

  /** The hash of an earlier record, as far back as it is remembered. */
  hashAt(seq: number): string | undefined {
    if (seq <= this.seq - REMEMBERED || seq < this.from) return undefined;
    const part = this.#parts.find(({ from, to }) => seq >= from && seq <= to);
    return part === undefined ? this.#hashes[seq % REMEMBERED] : hashIn(part, seq);
  }
}

/** Whether a stream may begin with `record` in these files. */
export function checkBeginning(
  record: RecordBytes,
  previousFile: number | undefined,
  firstFile: number,
): RecordProblem | undefined {
  if (record.seq === 1) {
    if (record.prevHash === GENESIS_HASH) return undefined;
    return { kind: "spliced", message: `record 1 of ${record.stream} says that another one was before it` };
  }
  if (previousFile !== undefined && previousFile < firstFile) return undefined;
  return {
    kind: "missing",
    message: `${recordsOf(1, record.seq - 1)} of ${record.stream} should stand before record ${record.seq}`,
  };
}

/** The exported heads as lookups by stream and number. */
export function indexHeads(heads: readonly ExportedHead[]): Map<string, Map<number, ExportedHead>> {
  const byStream = new Map<string, Map<number, ExportedHead>>();
  for (const head of heads) {
    let bySeq = byStream.get(head.stream);
    if (bySeq === undefined) byStream.set(head.stream, (bySeq = new Map()));
    bySeq.set(head.seq, head);
  }
  return byStream;
}

function recordsOf(from: number, to: number): string {
  return from === to ? `record ${from}` : `records ${from} to ${to}`;
}
