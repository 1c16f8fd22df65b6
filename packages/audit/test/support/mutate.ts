import { hash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson } from "@mcp-flowgate/core";
import type { Json, JsonObject } from "@mcp-flowgate/core";
import type { AuditRecord, ExportedHead } from "@mcp-flowgate/audit";

/** A line of a trail that holds a record, or one that does not. */
interface Line {
  readonly file: string;
  text: Buffer;
  readonly record: AuditRecord | undefined;
}

interface Loaded {
  readonly lines: Line[];
  /** The last record of each stream that a later record or an exported head vouches for. */
  readonly covered: ReadonlyMap<string, number>;
  /** The last record of each stream that an exported head vouches for. */
  readonly exported: ReadonlyMap<string, number>;
  readonly last: ReadonlyMap<string, number>;
}

type Mutation = (trail: Loaded, pick: (count: number) => number) => string | undefined;

/**
 * Every way to change a trail that has to be found. Each returns what it did, or `undefined` where the trail has nothing
 * that it applies to. None touches only what nobody has vouched for yet: that cannot be found by anybody.
 */
export const MUTATIONS: { readonly [name: string]: Mutation } = {
  flip(trail, pick) {
    const line = any(records(trail), pick);
    if (line === undefined) return undefined;
    const at = pick(line.text.length);
    const text = Buffer.from(line.text);
    text[at] = (text[at] ?? 0) ^ (1 << pick(8));
    line.text = text;
    return `bit of byte ${at} of ${name(line)}`;
  },
  drop(trail, pick) {
    const line = any(
      records(trail).filter((one) => isVouched(trail, one)),
      pick,
    );
    if (line === undefined) return undefined;
    trail.lines.splice(trail.lines.indexOf(line), 1);
    return name(line);
  },
  insert(trail, pick) {
    const line = any(
      records(trail).filter((one) => hasSuccessor(trail, one)),
      pick,
    );
    if (line?.record === undefined) return undefined;
    const { record } = line;
    const forged = seal({ ...record, seq: record.seq + 1, prevHash: record.hash, payload: { forged: true } });
    trail.lines.splice(trail.lines.indexOf(line) + 1, 0, { ...line, text: forged });
    return `behind ${name(line)}`;
  },
  insertNoise(trail, pick) {
    const line = any(trail.lines, pick);
    if (line === undefined) return undefined;
    const noise = ["{}", "null", "# comment", '{"correlationId":"x"}', line.text.toString().slice(0, 40)];
    const text = Buffer.from(noise[pick(noise.length)] as string);
    const at = trail.lines.indexOf(line);
    // What stands behind a torn line may be taken for a part of it.
    if (line.record === undefined || text.length === 0 || trail.lines[at + 1]?.record === undefined)
      return undefined;
    trail.lines.splice(at + 1, 0, { ...line, record: undefined, text });
    return `${text.toString()} behind ${name(line)}`;
  },
  swap(trail, pick) {
    const one = any(records(trail), pick);
    const other = any(
      records(trail).filter((line) => line !== one && sameStream(line, one)),
      pick,
    );
    if (one === undefined || other === undefined) return undefined;
    [one.text, other.text] = [other.text, one.text];
    return `${name(one)} and ${name(other)}`;
  },
  duplicate(trail, pick) {
    const line = any(records(trail), pick);
    if (line === undefined) return undefined;
    const at = trail.lines.indexOf(line) + 1;
    const to = at + pick(trail.lines.length - at + 1);
    trail.lines.splice(to, 0, { ...line, file: trail.lines[to - 1]?.file ?? line.file });
    return `${name(line)} to line ${to}`;
  },
  truncate(trail, pick) {
    const vouched = trail.lines.findLastIndex((line) => isExported(trail, line));
    if (vouched <= 0) return undefined;
    const at = pick(vouched + 1);
    const cut = trail.lines[at] as Line;
    const rest = cut.text.subarray(0, pick(cut.text.length));
    trail.lines.splice(at, trail.lines.length - at, { ...cut, record: undefined, text: rest });
    unterminated.add(trail.lines[at] as Line);
    return `from line ${at} on`;
  },
  splice(trail, pick) {
    const from = pick(trail.lines.length);
    const to = from + 1 + pick(trail.lines.length - from);
    const gone = trail.lines.slice(from, to);
    if (!gone.some((line) => isVouchedWithout(trail, line, gone))) return undefined;
    trail.lines.splice(from, to - from);
    return `lines ${from} to ${to}`;
  },
  rewriteOne(trail, pick) {
    const line = any(
      records(trail).filter((one) => isVouched(trail, one)),
      pick,
    );
    if (line?.record === undefined) return undefined;
    line.text = seal({ ...line.record, payload: { ...line.record.payload, rewritten: true } });
    return name(line);
  },
  rewriteStream(trail, pick) {
    const covered = records(trail).filter((line) => isSealed(trail, line));
    const line = any(
      covered.filter((one) => !one.record?.eventType.startsWith("audit.")),
      pick,
    );
    if (line?.record === undefined) return undefined;
    const { stream, seq } = line.record;
    let previous: string | undefined;
    for (const one of records(trail)) {
      if (one.record === undefined || one.record.stream !== stream || one.record.seq < seq) continue;
      const changed = one.record.seq === seq ? { ...one.record, payload: { forged: true } } : one.record;
      one.text = seal({ ...changed, prevHash: previous ?? changed.prevHash });
      previous = (JSON.parse(one.text.toString()) as AuditRecord).hash;
    }
    return `${name(line)} and everything behind it in its stream`;
  },
  forgeCheckpoint(trail, pick) {
    const line = any(
      records(trail).filter((one) => one.record?.eventType === "audit.checkpoint"),
      pick,
    );
    if (line?.record === undefined) return undefined;
    line.text = seal({ ...line.record, payload: { ...line.record.payload, root: "0".repeat(64) } });
    return name(line);
  },
};

const unterminated = new Set<Line>();

/** Applies one mutation to the trail in `folder`, if it can. */
export function mutate(
  folder: string,
  mutation: Mutation,
  pick: (count: number) => number,
): string | undefined {
  const trail = load(folder);
  const before = new Set(trail.lines.map((line) => line.file));
  const what = mutation(trail, pick);
  if (what === undefined) return undefined;
  // Who rewrites a stream would not leave the heads beside it.
  if (mutation === MUTATIONS["rewriteStream"]) rmSync(join(folder, "audit.jsonl.heads"));
  for (const file of before) {
    const lines = trail.lines.filter((line) => line.file === file);
    if (lines.length === 0) rmSync(join(folder, file));
    else writeFileSync(join(folder, file), joinLines(lines, folder, file));
  }
  return what;
}

function joinLines(lines: readonly Line[], folder: string, file: string): Buffer {
  const last = lines.at(-1) as Line;
  const whole = readFileSync(join(folder, file)).at(-1) === 0x0a && !unterminated.has(last);
  const parts = lines.flatMap((line) => [line.text, Buffer.from("\n")]);
  return Buffer.concat(whole ? parts : parts.slice(0, -1));
}

function load(folder: string): Loaded {
  const files = readdirSync(folder)
    .filter((file) => /^audit\.jsonl($|[.-]\d)/.test(file))
    .map((file) => ({ file, lines: readFileSync(join(folder, file), "latin1").split("\n") }))
    .map(({ file, lines }) => ({ file, lines: lines.at(-1) === "" ? lines.slice(0, -1) : lines }))
    .map(({ file, lines }) => ({ file, lines: lines.map((text) => toLine(file, text)) }))
    .sort((left, right) => fileOf(left.lines) - fileOf(right.lines));
  const lines = files.flatMap((file) => file.lines);
  const covered = new Map<string, number>();
  const cover = (stream: string, seq: number): void => {
    covered.set(stream, Math.max(seq, covered.get(stream) ?? 0));
  };
  const last = new Map<string, number>();
  for (const { record } of lines) {
    if (record === undefined) continue;
    last.set(record.stream, record.seq);
    const heads = record.payload["heads"];
    if (Array.isArray(heads))
      for (const head of heads as unknown as ExportedHead[]) cover(head.stream, head.seq);
  }
  const exported = new Map<string, number>();
  const heads = join(folder, "audit.jsonl.heads");
  if (existsSync(heads)) {
    for (const line of readFileSync(heads, "utf8").trim().split("\n")) {
      const head = JSON.parse(line) as ExportedHead;
      cover(head.stream, head.seq);
      exported.set(head.stream, head.seq);
    }
  }
  return { lines, covered, exported, last };
}

function toLine(file: string, latin1: string): Line {
  const text = Buffer.from(latin1, "latin1");
  try {
    return { file, text, record: JSON.parse(text.toString()) as AuditRecord };
  } catch {
    return { file, text, record: undefined };
  }
}

function fileOf(lines: readonly Line[]): number {
  const number = lines.find((line) => line.record !== undefined)?.record?.payload["file"];
  return typeof number === "number" ? number : Number.POSITIVE_INFINITY;
}

function records(trail: Loaded): readonly Line[] {
  return trail.lines.filter((line) => line.record !== undefined);
}

function hasSuccessor(trail: Loaded, { record }: Line): boolean {
  return record !== undefined && record.seq < (trail.last.get(record.stream) ?? 0);
}

function isVouched(trail: Loaded, line: Line): boolean {
  return hasSuccessor(trail, line) || isCovered(trail, line);
}

function isCovered(trail: Loaded, { record }: Line): boolean {
  return record !== undefined && record.seq <= (trail.covered.get(record.stream) ?? 0);
}

/** What the trail says of itself is cut off with its end; exported heads stay. */
function isExported(trail: Loaded, { record }: Line): boolean {
  return record !== undefined && record.seq <= (trail.exported.get(record.stream) ?? 0);
}

/** Whether something that stays vouches for it. */
function isVouchedWithout(trail: Loaded, line: Line, gone: readonly Line[]): boolean {
  if (line.record === undefined) return false;
  const { stream, seq } = line.record;
  const stays = trail.lines.filter((one) => !gone.includes(one));
  return stays.some(({ record }) => {
    if (record === undefined) return false;
    if (record.stream === stream && record.seq > seq) return true;
    const heads = record.payload["heads"];
    return (
      Array.isArray(heads) &&
      (heads as unknown as ExportedHead[]).some((head) => head.stream === stream && head.seq >= seq)
    );
  });
}

/** Whether a checkpoint of its stream stands behind it. */
function isSealed(trail: Loaded, line: Line): boolean {
  return records(trail).some(
    ({ record }) =>
      record?.eventType === "audit.checkpoint" &&
      record.stream === line.record?.stream &&
      record.seq > line.record.seq,
  );
}

function sameStream(line: Line, other: Line | undefined): boolean {
  return line.record?.stream === other?.record?.stream;
}

function any<T>(items: readonly T[], pick: (count: number) => number): T | undefined {
  return items[pick(items.length)];
}

function name({ record }: Line): string {
  return record === undefined ? "a line" : `record ${record.seq} of ${record.stream}`;
}

/** The record as a line with the hash that it has to have. */
function seal(record: AuditRecord): Buffer {
  const { prevHash, hash: _hash, ...event } = record;
  const canonical = canonicalJson(event as unknown as JsonObject as Json);
  const sealed = hash("sha256", prevHash + canonical);
  return Buffer.from(`${canonical.slice(0, -1)},"prevHash":"${prevHash}","hash":"${sealed}"}`);
}
