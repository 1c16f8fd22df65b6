import { ANONYMOUS, isJsonObject, parseJson } from "@mcp-flowgate/core";
import type { Json, JsonObject } from "@mcp-flowgate/core";
import { checkExpr, compileExpr, formatExprError } from "@mcp-flowgate/guards-expr";
import type { Evaluation, Scope } from "@mcp-flowgate/guards-expr";

/** What `flowgate-check expr` was asked. */
export interface ExprOptions {
  readonly expression: string;
  /** A JSON file with the values to evaluate against. */
  readonly data?: string;
  /** One JSON object on the output instead of words. */
  readonly json: boolean;
}

/** The world outside the command. */
export interface ExprIo {
  write(text: string): void;
  writeError(text: string): void;
  /** Rejects where the file cannot be read. */
  readFile(path: string): Promise<string>;
}

/** Keys of a data file that are scopes. A file with none of them is taken for the context. */
const SCOPES: readonly string[] = ["arguments", "context", "workflow", "input", "principal", "output"];

/**
 * Evaluates an expression against a data file and prints the result, what was read and, of unknown, why.
 *
 * @returns the exit code: 0 for true, 1 for false, unknown or data that cannot be used, 2 for an expression that does
 * not compile
 */
export async function runExpr(options: ExprOptions, io: ExprIo): Promise<number> {
  const { expression, json } = options;
  const compiled = compileExpr(expression);
  if (!compiled.ok) {
    if (json) io.write(`${JSON.stringify({ expression, errors: compiled.error })}\n`);
    else io.writeError(`${compiled.error.map((error) => formatExprError(expression, error)).join("\n")}\n`);
    return 2;
  }
  const scope = await readScope(options.data, io);
  if (typeof scope === "string") {
    if (json) io.write(`${JSON.stringify({ expression, problem: scope })}\n`);
    else io.writeError(`${scope}\n`);
    return 1;
  }
  const evaluation = compiled.value.evaluate(scope);
  const findings = checkExpr(compiled.value);
  if (json) {
    const { truth, value = null, reason, reads } = evaluation;
    const shown = reads.map(({ path, value: read }) =>
      read === undefined ? { path, missing: true } : { path, value: read },
    );
    io.write(`${JSON.stringify({ expression, truth, value, reason, reads: shown, findings })}\n`);
  } else {
    io.write(describe(evaluation));
    for (const finding of findings) io.writeError(`${formatExprError(expression, finding)}\n`);
  }
  return evaluation.truth === true ? 0 : 1;
}

function describe({ truth, reason, reads }: Evaluation): string {
  const lines = [reason === undefined ? String(truth) : `${truth}: ${reason}`];
  for (const { path, value } of reads)
    lines.push(`  ${path} = ${value === undefined ? "(missing)" : JSON.stringify(value)}`);
  return `${lines.join("\n")}\n`;
}

/** The scope that the file describes, or what is wrong with it. */
async function readScope(file: string | undefined, io: ExprIo): Promise<Scope | string> {
  if (file === undefined) return toScope({});
  let text: string;
  try {
    text = await io.readFile(file);
  } catch (error) {
    return `${file} cannot be read: ${messageOf(error)}`;
  }
  try {
    const data = parseJson(text) as Json;
    return isJsonObject(data) ? toScope(data) : `${file} must hold a JSON object`;
  } catch (error) {
    return `${file} is not JSON: ${messageOf(error)}`;
  }
}

function toScope(data: JsonObject): Scope {
  const isScoped = Object.keys(data).some((key) => SCOPES.includes(key));
  const given = isScoped ? data : { context: data };
  const workflow = objectOf(given["workflow"]);
  const principal = objectOf(given["principal"]);
  return {
    context: given["context"] ?? {},
    workflow: {
      id: "",
      state: "",
      version: 0,
      startedAt: 0,
      ...workflow,
      input: given["input"] ?? workflow["input"] ?? {},
    },
    principal: { ...ANONYMOUS, ...principal },
    ...(given["arguments"] === undefined ? {} : { arguments: given["arguments"] }),
    ...(given["output"] === undefined ? {} : { output: given["output"] }),
  };
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
