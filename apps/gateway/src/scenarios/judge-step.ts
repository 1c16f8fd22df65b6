import type { ScenarioExpectation } from "@mcp-flowgate/config-compiler";
import { equalJson, isJsonObject, type AuditDraft, type Json, type JsonObject } from "@mcp-flowgate/core";
import { matchesGlob } from "../catalogue/name-filter.ts";

/** What a step came to. */
export interface StepResult {
  readonly status: string;
  readonly code?: string;
  readonly message: string;
  readonly output?: Json;
  /** Names of the links that can be submitted. */
  readonly links: readonly string[];
  /** Of the scenario's workflow after the step, where there is one. */
  readonly state?: string;
  readonly context?: JsonObject;
  readonly audit: readonly AuditDraft[];
  readonly called: readonly string[];
}

/** One thing that is not as expected. `member` names the part of `expect`, where there is one. */
export interface Mismatch {
  readonly member?: keyof ScenarioExpectation;
  readonly problem: string;
}

/** Everything about a result that is not as expected. */
export function judgeStep(result: StepResult, expected: ScenarioExpectation = {}): readonly Mismatch[] {
  const found: Mismatch[] = [];
  const compare = (member: "status" | "state" | "code", is: string | undefined): void => {
    const wanted = expected[member];
    if (wanted === undefined || wanted === is) return;
    const said = result.code === undefined || expected.code !== undefined ? "" : ` (${result.code})`;
    found.push({ member, problem: `${member} is ${is ?? "missing"}${said}, not ${wanted}` });
  };
  const wentWrong = result.status === "rejected" || result.status === "failed";
  if (wentWrong && expected.code === undefined && expected.status === undefined) {
    found.push({
      problem: `it was ${result.status}${result.code === undefined ? "" : ` with ${result.code}`}`,
    });
  }
  compare("status", result.status);
  compare("code", result.code);
  compare("state", result.state);
  if (expected.message !== undefined && !result.message.includes(expected.message))
    found.push({ member: "message", problem: `the message has no ${JSON.stringify(expected.message)}` });
  if (expected.links !== undefined && !isSameSet(result.links, expected.links))
    found.push({
      member: "links",
      problem: `the links are ${named(result.links)}, not ${named(expected.links)}`,
    });
  const output =
    expected.output === undefined ? undefined : differenceAt(result.output, expected.output, "output");
  if (output !== undefined) found.push({ member: "output", problem: output });
  const context =
    expected.context === undefined ? undefined : differenceAt(result.context, expected.context, "context");
  if (context !== undefined) found.push({ member: "context", problem: context });
  const missing = firstMissing(
    result.audit.map(({ type }) => type),
    expected.audit ?? [],
  );
  if (missing !== undefined)
    found.push({
      member: "audit",
      problem: `no ${missing} was recorded in its place; there were ${named(result.audit.map(({ type }) => type))}`,
    });
  const { called } = expected;
  if (called !== undefined && !isCalled(result.called, called))
    found.push({ member: "called", problem: `it called ${named(result.called)}, not ${named(called)}` });
  return found;
}

/** Where `is` does not have what `wanted` asks for, in words; objects may have more members than are asked for. */
function differenceAt(is: Json | undefined, wanted: Json, path: string): string | undefined {
  if (isJsonObject(wanted) && is !== undefined && isJsonObject(is)) {
    for (const [name, part] of Object.entries(wanted)) {
      const below = differenceAt(Object.hasOwn(is, name) ? is[name] : undefined, part, `${path}.${name}`);
      if (below !== undefined) return below;
    }
    return undefined;
  }
  if (is !== undefined && equalJson(is, wanted)) return undefined;
  return `${path} is ${is === undefined ? "missing" : shown(is)}, not ${shown(wanted)}`;
}

const SHOWN_CHARS = 120;

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}

/** The first of `wanted` that does not come after the one before it. */
function firstMissing(types: readonly string[], wanted: readonly string[]): string | undefined {
  let from = 0;
  for (const type of wanted) {
    const at = types.indexOf(type, from);
    if (at === -1) return type;
    from = at + 1;
  }
  return undefined;
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item) => right.includes(item));
}

function isCalled(made: readonly string[], wanted: readonly string[]): boolean {
  return made.length === wanted.length && made.every((call, index) => matchesGlob(call, wanted[index] ?? ""));
}

function named(items: readonly string[]): string {
  return items.length === 0 ? "none" : items.join(", ");
}
