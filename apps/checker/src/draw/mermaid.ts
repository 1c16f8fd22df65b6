import type { Drawing, EdgeLook } from "./drawing.ts";
import { NODE_LOOKS } from "./palette.ts";

const MARKS: { readonly [look in EdgeLook]: string } = {
  agent: "",
  human: "👤 ",
  deterministic: "⚙ ",
  timeout: "⏱ ",
  failure: "⚠ ",
};

/** A Mermaid `stateDiagram-v2`. */
export function drawMermaid(drawing: Drawing): string {
  const lines = ["stateDiagram-v2"];
  for (const { id, name } of drawing.nodes) lines.push(`  state "${escape(name)}" as ${id}`);
  for (const { id, initial } of drawing.nodes) if (initial) lines.push(`  [*] --> ${id}`);
  for (const { from, to, look, labels } of drawing.edges) {
    lines.push(`  ${from} --> ${to} : ${MARKS[look]}${labels.map(escape).join(", ")}`);
  }
  for (const { id, kind } of drawing.nodes)
    if (kind === "success" || kind === "failure") lines.push(`  ${id} --> [*]`);
  const used = new Set(drawing.nodes.map(({ kind }) => kind));
  for (const kind of used) {
    const { fill, stroke } = NODE_LOOKS[kind];
    lines.push(`  classDef ${kind}State fill:${fill},stroke:${stroke},color:#1a1a1a`);
  }
  for (const { id, kind } of drawing.nodes) lines.push(`  class ${id} ${kind}State`);
  return `${lines.join("\n")}\n`;
}

/** Mermaid's own entities for what it would read as syntax. */
function escape(text: string): string {
  return text.replaceAll(/["#;:<>{}\\\n\r%]/g, (character) => `#${character.codePointAt(0) ?? 0};`);
}
