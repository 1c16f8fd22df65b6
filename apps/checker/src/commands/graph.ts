import { compileConfig, nearest } from "@mcp-flowgate/config-compiler";
import { createRecord } from "@mcp-flowgate/core";
import { createDrawing, type Drawing } from "../draw/drawing.ts";
import { drawDot } from "../draw/dot.ts";
import { drawMermaid } from "../draw/mermaid.ts";
import { drawSvg } from "../draw/svg.ts";
import { createNodeDigest, createNodeReader } from "../node-reader.ts";
import { renderCheck } from "../render/render-check.ts";

export const GRAPH_FORMATS = ["mermaid", "dot", "svg", "json"] as const;

export type GraphFormat = (typeof GRAPH_FORMATS)[number];

export interface GraphOptions {
  readonly files: readonly string[];
  /** One workflow's id; left out, all. An SVG shows one. */
  readonly workflow?: string;
  readonly format?: GraphFormat;
}

export interface GraphOutput {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/** Draws state machines. 0: drawn, 1: the configuration has errors, 2: no such workflow. */
export async function runGraph(
  options: GraphOptions,
  { write, writeError }: GraphOutput,
): Promise<0 | 1 | 2> {
  const reader = createNodeReader();
  const files = options.files.map((file) => reader.resolve(process.cwd(), file));
  const env = (name: string): string | undefined => process.env[name];
  const compilation = await compileConfig({ files, reader, env, digest: createNodeDigest() });
  if (compilation.plan === undefined) {
    const errors = compilation.diagnostics.filter(({ severity }) => severity === "error");
    const shown = [{ files, compilation: { ...compilation, diagnostics: errors } }];
    writeError(
      renderCheck(shown, {
        format: "pretty",
        color: false,
        quiet: true,
        strict: false,
        showPath: (file) => file,
      }),
    );
    return 1;
  }
  const { workflows } = compilation.plan;
  const ids = Object.keys(workflows);
  const wanted = options.workflow === undefined ? ids : ids.filter((id) => id === options.workflow);
  const format = options.format ?? "mermaid";
  const problem = complaint(ids, wanted, options.workflow, format);
  if (problem !== undefined) {
    writeError(`${problem}\n`);
    return 2;
  }
  if (format === "json") {
    const drawn = wanted.map((id) => [id, toData(createDrawing(workflows[id]!))] as const);
    write(`${JSON.stringify(createRecord<object>(drawn), null, 2)}\n`);
    return 0;
  }
  for (const id of wanted) {
    const workflow = workflows[id];
    if (workflow !== undefined) write(await draw(createDrawing(workflow), id, format, wanted.length > 1));
  }
  return 0;
}

function complaint(
  ids: readonly string[],
  wanted: readonly string[],
  named: string | undefined,
  format: GraphFormat,
): string | undefined {
  if (ids.length === 0) return "this configuration has no workflows";
  if (wanted.length === 0 && named !== undefined) {
    const close = nearest(named, ids);
    return `there is no workflow ${JSON.stringify(named)}; ${close === undefined ? `they are ${ids.join(", ")}` : `did you mean ${close}?`}`;
  }
  return format === "svg" && wanted.length > 1
    ? `an SVG shows one workflow: name it with --workflow (${ids.join(", ")})`
    : undefined;
}

/** By the names of the states: what stands for them in pictures is of no use to others. */
function toData({ title, nodes, edges }: Drawing): object {
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  return {
    title,
    states: nodes
      .filter(({ kind }) => kind !== "any")
      .map(({ name, kind, initial }) => ({ name, kind, initial })),
    edges: edges.map(({ from, to, look, labels }) => ({
      from: names.get(from),
      to: names.get(to),
      kind: look,
      labels,
    })),
  };
}

async function draw(
  drawing: Drawing,
  id: string,
  format: Exclude<GraphFormat, "json">,
  several: boolean,
): Promise<string> {
  if (format === "svg") return drawSvg(drawing);
  if (format === "dot") return drawDot(drawing);
  return `${several ? `%% ${id.replaceAll(/[\r\n]/g, " ")}\n` : ""}${drawMermaid(drawing)}`;
}
