import type { Drawing } from "./drawing.ts";
import { EDGE_COLORS, isDashed, NODE_LOOKS } from "./palette.ts";

/** A Graphviz digraph. */
export function drawDot(drawing: Drawing): string {
  const lines = [
    `digraph ${quoted(drawing.title)} {`,
    "  rankdir=TB;",
    '  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=12];',
    '  edge [fontname="Helvetica", fontsize=10];',
    '  start [shape=circle, style=filled, fillcolor=black, label="", width=0.2];',
  ];
  for (const { id, name, kind } of drawing.nodes) {
    const { fill, stroke } = NODE_LOOKS[kind];
    const terminal = kind === "success" || kind === "failure" ? ", peripheries=2" : "";
    lines.push(`  ${id} [label=${quoted(name)}, fillcolor="${fill}", color="${stroke}"${terminal}];`);
  }
  for (const { id, initial } of drawing.nodes) if (initial) lines.push(`  start -> ${id};`);
  for (const { from, to, look, labels } of drawing.edges) {
    const color = EDGE_COLORS[look];
    const style = isDashed(look) ? ", style=dashed" : "";
    lines.push(
      `  ${from} -> ${to} [label=${quoted(labels.join("\n"))}, color="${color}", fontcolor="${color}"${style}];`,
    );
  }
  return `${lines.join("\n")}\n}\n`;
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
