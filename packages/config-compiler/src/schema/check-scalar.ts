import { nearest } from "@mcp-flowgate/json-schema";
import type { Report } from "../diagnostics/reporter.ts";
import type { RewriteStep } from "../diagnostics/rewrite.ts";
import { describeNode, quote, type ConfigNode, type ScalarNode, type Span } from "../source/config-node.ts";
import { resolvePlain } from "../source/scalar.ts";
import type { ChoiceField, DurationField, Field, NumberField, TextField } from "./field.ts";
import { formatFault } from "./formats.ts";
import { toBytes, toMilliseconds } from "./units.ts";

/** A position while walking: the name of the key, and its pointer. */
export interface Spot {
  readonly name: string;
  readonly pointer: string;
  /** How the entry is written today, where its value may be an older form. */
  readonly modern?: () => readonly RewriteStep<Span>[] | undefined;
}

/** The fields whose values are scalars. */
type ScalarField = Extract<
  Field,
  { readonly kind: "text" | "choice" | "number" | "flag" | "duration" | "size" }
>;

/** Reports what `field` does not allow about one value: FG203, FG204, FG206, FG208 and FG209. */
export function checkScalar(field: ScalarField, node: ConfigNode, spot: Spot, report: Report): void {
  switch (field.kind) {
    case "text":
      return checkText(field, node, spot, report);
    case "choice":
      return checkChoice(field, node, spot, report);
    case "number":
      return checkNumber(field, node, spot, report);
    case "duration":
      return checkDuration(field, node, spot, report);
    case "flag":
      if (coerced(node) !== true && coerced(node) !== false) reportType(report, node, spot, "true or false");
      return;
    case "size":
      if (toBytes(coerced(node)) === undefined) {
        report(
          "FG208",
          node,
          `\`${spot.name}\` must be a size such as 256KiB or 4MiB, not ${describeNode(node)}`,
          spot,
        );
      }
      return;
    default:
      field satisfies never;
  }
}

/** FG203: a value of another kind than `expected`. */
export function reportType(report: Report, node: ConfigNode, spot: Spot, expected: string): void {
  report("FG203", node, `\`${spot.name}\` must be ${expected}, not ${describeNode(node)}`, {
    pointer: spot.pointer,
  });
}

/** FG206: an older form, what is written instead, and how. */
export function reportOlder(
  report: Report,
  at: Parameters<Report>[1],
  spot: Spot,
  message: string,
  instead: string,
  rewrite: readonly RewriteStep<Span>[] | undefined,
): void {
  report("FG206", at, message, { pointer: spot.pointer, hint: instead, rewrite });
}

/** The value of a scalar; text that came from a variable is read as what it looks like. */
export function coerced(node: ConfigNode): string | number | boolean | null | undefined {
  if (node.kind !== "scalar") return undefined;
  if (node.template === undefined || typeof node.value !== "string") return node.value;
  const plain = resolvePlain(node.value.trim());
  return plain.ok ? plain.value : node.value;
}

/** `a, b or c`. */
export function listOf(names: readonly string[]): string {
  if (names.length <= 1) return names.join("");
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

function checkText(field: TextField, node: ConfigNode, spot: Spot, report: Report): void {
  if (node.kind !== "scalar" || typeof node.value !== "string") {
    const scalar = node.kind === "scalar" && node.value !== null;
    report("FG203", node, `\`${spot.name}\` must be text, not ${describeNode(node)}`, {
      pointer: spot.pointer,
      hint: scalar ? `Write it in quotes: "${String(node.value)}".` : undefined,
    });
    return;
  }
  const shown = quote(node.template ?? node.value);
  if (node.value === "" && field.mayBeEmpty !== true) {
    report("FG204", node, `\`${spot.name}\` must not be empty`, spot);
  } else if (field.pattern !== undefined && !new RegExp(field.pattern.source, "u").test(node.value)) {
    report("FG204", node, `\`${spot.name}\` must be ${field.pattern.words}, not ${shown}`, spot);
  } else if (field.format !== undefined && !unresolved(node)) {
    const fault = formatFault(field.format, node.value);
    if (fault !== undefined) report("FG209", node, `\`${spot.name}\` ${fault}; this is ${shown}`, spot);
  }
}

function checkChoice(field: ChoiceField, node: ConfigNode, spot: Spot, report: Report): void {
  const value = node.kind === "scalar" ? node.value : undefined;
  const known = field.values.find((candidate) => candidate.value === value);
  if (known === undefined) {
    const values = field.values
      .filter(({ deprecated }) => deprecated === undefined)
      .map(({ value }) => value);
    const close = typeof value === "string" ? nearest(value, values) : undefined;
    report("FG204", node, `\`${spot.name}\` must be ${listOf(values)}, not ${describeNode(node)}`, {
      pointer: spot.pointer,
      hint: close === undefined ? undefined : `Did you mean \`${close}\`?`,
    });
  } else if (known.deprecated !== undefined) {
    reportOlder(
      report,
      node,
      spot,
      `\`${spot.name}: ${known.value}\` is an older form`,
      known.deprecated,
      spot.modern?.(),
    );
  }
}

function checkNumber(field: NumberField, node: ConfigNode, spot: Spot, report: Report): void {
  const value = coerced(node);
  if (typeof value !== "number" || (field.whole && !Number.isInteger(value))) {
    reportType(report, node, spot, field.whole ? "a whole number" : "a number");
  } else if (field.minimum !== undefined && value < field.minimum) {
    report("FG204", node, `\`${spot.name}\` must be at least ${field.minimum}, not ${value}`, spot);
  } else if (field.maximum !== undefined && value > field.maximum) {
    report("FG204", node, `\`${spot.name}\` must be at most ${field.maximum}, not ${value}`, spot);
  }
}

function checkDuration(field: DurationField, node: ConfigNode, spot: Spot, report: Report): void {
  const value = coerced(node);
  const milliseconds = toMilliseconds(value);
  if (milliseconds === undefined) {
    report(
      "FG208",
      node,
      `\`${spot.name}\` must be a duration such as 500ms, 30s or 24h, not ${describeNode(node)}`,
      spot,
    );
  } else if (typeof value === "number" && !spot.name.endsWith("Ms")) {
    report(
      "FG208",
      node,
      `\`${spot.name}\` needs a unit: ${value}ms, ${value}s, ${value}h or ${value}d`,
      spot,
    );
  } else if (milliseconds < (field.minimum ?? 0)) {
    report("FG204", node, `\`${spot.name}\` must be at least ${field.minimum} ms`, spot);
  }
}

/** A variable that could not be replaced was reported; its text says nothing. */
function unresolved(node: ScalarNode): boolean {
  return typeof node.value === "string" && node.value.includes("${");
}
