import { canonicalJson } from "@mcp-flowgate/core";
import type { AuditDraft, AuditEventType, JsonObject } from "@mcp-flowgate/core";

/**
 * What a trail says about itself, beside the events that it is given. `audit.opened` begins a stream,
 * `audit.checkpoint` seals what came before it, `audit.rotated` continues a stream in another file,
 * `audit.lost` says what could not be recorded.
 */
export const TRAIL_EVENT_TYPES = ["audit.opened", "audit.checkpoint", "audit.rotated", "audit.lost"] as const;

export type TrailEventType = (typeof TRAIL_EVENT_TYPES)[number];
export type RecordType = AuditEventType | TrailEventType;

/** One line of a trail: an event with its place in a chain. */
export interface AuditRecord {
  readonly id: string;
  /** The chain that it belongs to. Streams are dense: 1, 2, 3, … */
  readonly stream: string;
  readonly seq: number;
  /** ISO 8601, UTC, milliseconds. By the clock of who wrote it: it may go back where that clock did. */
  readonly timestamp: string;
  readonly eventType: RecordType;
  readonly workflowId?: string;
  readonly definitionId?: string;
  readonly definitionHash?: string;
  readonly operationId?: string;
  readonly correlationId: string;
  readonly traceId?: string;
  readonly principal?: {
    readonly subject: string;
    readonly tenant: string;
    readonly kind: string;
    readonly via: string;
  };
  readonly payload: JsonObject;
  /** The `hash` of the record before it in the stream, 64 zeros for the first. */
  readonly prevHash: string;
  /** SHA-256 (hex) of `prevHash` followed by the canonical JSON of the record without `prevHash` and `hash`. */
  readonly hash: string;
}

/** The `prevHash` of the first record of every stream. */
export const GENESIS_HASH: string = "0".repeat(64);

/**
 * An event as text, all but its place in a chain: the canonical JSON is `head + seq + stream + tail`. Made once
 * per event, however many sinks chain it.
 */
export interface EventText {
  readonly id: string;
  readonly eventType: RecordType;
  readonly head: string;
  readonly tail: string;
}

/** The facts of an event that go into a record; the shape that {@link toEventText} writes. */
export interface EventFacts extends Omit<AuditDraft, "type"> {
  readonly id: string;
  readonly type: RecordType;
}

/** @throws {TypeError} where the payload holds a number that JSON has no text for. */
export function toEventText(facts: EventFacts): EventText {
  const { principal } = facts;
  let head = `{"correlationId":${JSON.stringify(facts.correlationId)}`;
  if (facts.definitionHash !== undefined) head += `,"definitionHash":${JSON.stringify(facts.definitionHash)}`;
  if (facts.definitionId !== undefined) head += `,"definitionId":${JSON.stringify(facts.definitionId)}`;
  head += `,"eventType":${JSON.stringify(facts.type)},"id":${JSON.stringify(facts.id)}`;
  if (facts.operationId !== undefined) head += `,"operationId":${JSON.stringify(facts.operationId)}`;
  head += `,"payload":${canonicalJson(facts.payload)}`;
  if (principal !== undefined) {
    const { kind, subject, tenant, via } = principal;
    head += `,"principal":${canonicalJson({ kind, subject, tenant, via })}`;
  }
  let tail = `,"timestamp":"${new Date(facts.at).toISOString()}"`;
  if (facts.traceId !== undefined) tail += `,"traceId":${JSON.stringify(facts.traceId)}`;
  if (facts.workflowId !== undefined) tail += `,"workflowId":${JSON.stringify(facts.workflowId)}`;
  return { id: facts.id, eventType: facts.type, head, tail };
}

/**
 * The event of a record's line, without its place, so that another chain can take it up.
 * @throws {TypeError} where the line is not one that {@link toLine} wrote.
 */
export function textOfLine(line: string): EventText {
  const end = line.lastIndexOf(',"prevHash":"');
  const seqAt = line.lastIndexOf(',"seq":', end);
  const tailAt = line.indexOf(',"timestamp":"', seqAt);
  const eventType = TYPE.exec(line)?.[1];
  const id = ID.exec(line)?.[1];
  if (seqAt === -1 || tailAt === -1 || eventType === undefined || id === undefined) {
    throw new TypeError("the line is not that of a record");
  }
  return {
    id,
    eventType: eventType as RecordType,
    head: line.slice(0, seqAt),
    tail: line.slice(tailAt, end),
  };
}

// Both come before the payload, and inside a string every quote has a backslash before it.
const TYPE = /,"eventType":"([a-z_.]+)"/;
const ID = /,"id":"([^"\\]+)"/;

/** The canonical JSON of the event at a place, without its closing brace. */
export function placeEvent(text: EventText, stream: string, seq: number): string {
  return `${text.head},"seq":${seq},"stream":${JSON.stringify(stream)}${text.tail}`;
}

/**
 * The line of a record: the canonical event, then `prevHash` and `hash`. The two come last so that whoever
 * verifies finds them, and the bytes that were hashed, without parsing.
 */
export function toLine(placed: string, prevHash: string, hash: string): string {
  return placed + toLineEnd(prevHash, hash);
}

/** What follows the canonical event in its line. */
export function toLineEnd(prevHash: string, hash: string): string {
  return `,"prevHash":"${prevHash}","hash":"${hash}"}\n`;
}
