/** What is wrong, in one word. */
export type ProblemKind =
  /** The record's content is not what its hash says. */
  | "edited"
  /** The line is no record. */
  | "not_a_record"
  /** Records of the stream, or the beginning of the stream, are not there. */
  | "missing"
  /** The record stands in the trail a second time, or after later ones of its stream. */
  | "repeated"
  /** The number is right, but the record before it was another one. */
  | "spliced"
  /** Somebody saw more of the stream than there is. */
  | "truncated"
  /** A checkpoint does not match its records, or its signature does not. */
  | "forged_checkpoint"
  /** A record of a store stands among sealed ones, and no checkpoint covers it. */
  | "unsealed"
  /** A file of the trail is not there, or its beginning is not. */
  | "missing_file";

/** The first thing that is wrong with a trail, and where. */
export interface TrailProblem {
  readonly kind: ProblemKind;
  /** One sentence for people. */
  readonly message: string;
  readonly file?: string;
  /** Counts from 1. */
  readonly line?: number;
  /** In bytes, of the line in its file. */
  readonly offset?: number;
  readonly stream?: string;
  readonly seq?: number;
}

export interface StreamSummary {
  readonly stream: string;
  /** The first and the last record of it in these files. */
  readonly from: number;
  readonly to: number;
  readonly hash: string;
  /** The last record that a valid signature covers; 0 for none. */
  readonly signedTo: number;
}

export interface TrailVerdict {
  readonly ok: boolean;
  readonly problem?: TrailProblem;
  readonly files: readonly string[];
  readonly records: number;
  readonly bytes: number;
  readonly streams: readonly StreamSummary[];
  /** Writes that a crash cut off. Nobody was told that these were recorded. */
  readonly tornLines: number;
  readonly checkpoints: number;
  /** Ids of the keys whose signatures were checked. */
  readonly keyIds: readonly string[];
}
