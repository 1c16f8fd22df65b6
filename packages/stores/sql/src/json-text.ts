import { parseJson } from "@mcp-flowgate/core";

/**
 * `value` as JSON text that {@link fromJsonText} turns into an equal value. Beyond `JSON.stringify` it keeps what that
 * loses: `-0`, and the infinities that `JSON.parse` makes of texts such as `1e400`. Lone surrogates and NUL are kept
 * as escapes, so the text is well-formed and one that Postgres takes too.
 * @throws {TypeError} for `NaN`, which no JSON text means.
 */
export function toJsonText(value: unknown): string {
  return writeAs(lookAtJson(value), value);
}

/**
 * What the text of a value says of it: it means an `equal` value; or it does, but `JSON.stringify` would lose some of it
 * (`careful`); or the value has what JSON has no text for, such as a member that is `undefined` (`loose`).
 */
export type Fidelity = "equal" | "careful" | "loose";

/** How the text of `value` is to be written; only {@link freezeJson} looks whether it will say all of it. */
export function lookAtJson(value: unknown): Fidelity {
  return lookAt(value);
}

/** What the text of `value` will say of it. Freezes it too, whole: what its text says, it then says for good. */
export function freezeJson(value: unknown): Fidelity {
  return lookAt(value, Object.freeze);
}

/** As {@link toJsonText}, of a value that was looked at, or is a part of one. */
export function writeAs(fidelity: Fidelity, value: unknown): string {
  return fidelity === "careful" ? careful(value) : (JSON.stringify(value) ?? "null");
}

/** The value of a text that {@link toJsonText} made; the caller knows its type. */
export function fromJsonText<T>(text: string): T {
  return parseJson(text) as T;
}

/** Too large for a double, but JSON: every reader makes an infinity of it. */
const INFINITY_TEXT = "1e999";

function lookAt(value: unknown, visit?: (object: object) => void): Fidelity {
  if (typeof value === "number") return !Number.isFinite(value) || Object.is(value, -0) ? "careful" : "equal";
  if (typeof value !== "object" || value === null) return isJsonAtom(value) ? "equal" : "loose";
  let all: Fidelity = visit === undefined || isPlain(value) ? "equal" : "loose";
  if (all === "equal") visit?.(value);
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) all = worse(all, lookAt(item, visit));
    return all;
  }
  for (const key in value) all = worse(all, lookAt((value as Record<string, unknown>)[key], visit));
  return all;
}

/** What `JSON.parse` makes, or could have made. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}

function isJsonAtom(value: unknown): boolean {
  return typeof value === "string" || typeof value === "boolean" || value === null;
}

/** What needs care is written with care whatever else is in it. */
function worse(left: Fidelity, right: Fidelity): Fidelity {
  if (left === right || right === "equal") return left;
  return left === "equal" ? right : "careful";
}

function careful(value: unknown): string {
  if (typeof value === "number") return numberText(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(careful).join(",")}]`;
  const members: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${careful(member)}`);
  }
  return `{${members.join(",")}}`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) throw new TypeError("NaN has no JSON text");
  if (Object.is(value, -0)) return "-0";
  if (!Number.isFinite(value)) return value > 0 ? INFINITY_TEXT : `-${INFINITY_TEXT}`;
  return JSON.stringify(value);
}
