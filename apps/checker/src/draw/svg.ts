import type { Drawing, DrawnNode, EdgeLook } from "./drawing.ts";
import { EDGE_COLORS, isDashed, NODE_LOOKS } from "./palette.ts";

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Widths of the text are estimated: there is no font here to measure. */
const CHARACTER = 7.2;
const LINE = 14;
const MARGIN = 20;
const HEADER = 44;

const LEGEND: readonly (readonly [EdgeLook, string])[] = [
  ["agent", "agent"],
  ["human", "human"],
  ["deterministic", "deterministic"],
  ["timeout", "deadline"],
  ["failure", "failure"],
];

/** An SVG picture, laid out in layers by dagre. It holds no script and refers to nothing outside. */
export async function drawSvg(drawing: Drawing): Promise<string> {
  const { Graph, layout } = await import("@dagrejs/dagre");
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 60, ranksep: 60, edgesep: 24, marginx: MARGIN, marginy: MARGIN });
  for (const node of drawing.nodes)
    graph.setNode(node.id, { width: Math.max(60, node.name.length * CHARACTER + 28), height: 36 });
  for (const [index, { from, to, labels }] of drawing.edges.entries()) {
    const width = Math.max(...labels.map((label) => label.length)) * CHARACTER * 0.9 + 8;
    graph.setEdge(from, to, { width, height: labels.length * LINE, labelpos: "c" }, String(index));
  }
  const start = drawing.nodes.find(({ initial }) => initial);
  if (start !== undefined) {
    graph.setNode("start", { width: 14, height: 14 });
    graph.setEdge("start", start.id, { width: 0, height: 0, labelpos: "c" }, "start");
  }
  layout(graph);
  const size = graph.graph() as { readonly width?: number; readonly height?: number };
  const width = Math.ceil(Math.max(size.width ?? 0, 420));
  const height = Math.ceil((size.height ?? 0) + HEADER);
  const parts: string[] = [];
  for (const [index, edge] of drawing.edges.entries()) {
    const placed = graph.edge({ v: edge.from, w: edge.to, name: String(index) }) as unknown as PlacedEdge;
    const loop = edge.from === edge.to ? (graph.node(edge.from) as unknown as Box) : undefined;
    parts.push(drawEdge(placed, edge.look, edge.labels, loop));
  }
  if (start !== undefined) {
    const { x, y } = graph.node("start") as unknown as Point;
    const placed = graph.edge({ v: "start", w: start.id, name: "start" }) as unknown as PlacedEdge;
    parts.push(
      drawEdge(placed, "deterministic", []),
      `<circle cx="${round(x)}" cy="${round(y)}" r="7" fill="#1a1a1a"/>`,
    );
  }
  for (const node of drawing.nodes) {
    parts.push(drawNode(node, graph.node(node.id) as unknown as Box));
  }
  const looks = Object.keys(EDGE_COLORS) as EdgeLook[];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="Helvetica, Arial, sans-serif">`,
    `<title>${escape(drawing.title)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    "<defs>",
    ...looks.map((look) => arrowHead(look)),
    "</defs>",
    ...drawLegend(drawing),
    `<g transform="translate(0 ${HEADER})">`,
    ...parts,
    "</g>",
    "</svg>\n",
  ].join("\n");
}

interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

interface PlacedEdge {
  readonly points: readonly Point[];
  readonly x?: number;
  readonly y?: number;
}

function drawNode(node: DrawnNode, place: Box): string {
  const { fill, stroke } = NODE_LOOKS[node.kind];
  const { x, y, width, height } = place;
  const rect = (inset: number, extra: string): string =>
    `<rect x="${round(x - width / 2 + inset)}" y="${round(y - height / 2 + inset)}" width="${round(width - 2 * inset)}" height="${round(height - 2 * inset)}" rx="${10 - inset}" stroke="${stroke}" ${extra}/>`;
  const dash = node.kind === "any" ? ' stroke-dasharray="4 3"' : "";
  const double = node.kind === "success" || node.kind === "failure" ? rect(4, 'fill="none"') : "";
  const body = `${rect(0, `fill="${fill}" stroke-width="1.5"${dash}`)}${double}`;
  return `<g>${body}<text x="${round(x)}" y="${round(y + 4.5)}" font-size="13" text-anchor="middle" fill="#1a1a1a">${escape(node.name)}</text></g>`;
}

function drawEdge(placed: PlacedEdge, look: EdgeLook, labels: readonly string[], loop?: Box): string {
  const { points, x, y } = placed;
  const color = EDGE_COLORS[look];
  const dash = isDashed(look) ? ' stroke-dasharray="6 4"' : "";
  const line = `<path d="${loop === undefined ? curve(points) : around(loop, x)}" fill="none" stroke="${color}" stroke-width="1.5"${dash} marker-end="url(#head-${look})"/>`;
  if (labels.length === 0 || x === undefined || y === undefined) return line;
  const top = y - ((labels.length - 1) * LINE) / 2 + 4;
  const texts = labels.map((label, index) => {
    const at = `x="${round(x)}" y="${round(top + index * LINE)}" font-size="11" text-anchor="middle"`;
    // A white outline below the letters keeps them legible where lines cross.
    return `<text ${at} fill="${color}" stroke="#ffffff" stroke-width="4" paint-order="stroke">${escape(label)}</text>`;
  });
  return `<g>${line}${texts.join("")}</g>`;
}

/** Out of a state's right side, past its label, and back. */
function around({ x, y, width }: Box, labelX: number | undefined): string {
  const side = round(x + width / 2);
  const far = round(Math.max(labelX ?? 0, side + 30));
  return `M${side} ${round(y - 9)} C${far} ${round(y - 34)} ${far} ${round(y + 34)} ${side} ${round(y + 9)}`;
}

/** Through the middles of the bends, with the bends as control points. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return "";
  const steps = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1] ?? last;
    const end = index === rest.length - 2 ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${round(point.x)} ${round(point.y)} ${round(end.x)} ${round(end.y)}`;
  });
  const tail = steps.length === 0 ? `L${round(last.x)} ${round(last.y)}` : steps.join(" ");
  return `M${round(first.x)} ${round(first.y)} ${tail}`;
}

function arrowHead(look: EdgeLook): string {
  return `<marker id="head-${look}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L10 5L0 10z" fill="${EDGE_COLORS[look]}"/></marker>`;
}

function drawLegend(drawing: Drawing): readonly string[] {
  const used = LEGEND.filter(([look]) => drawing.edges.some((edge) => edge.look === look));
  let x = MARGIN;
  const entries = used.map(([look, name]) => {
    const dash = isDashed(look) ? ' stroke-dasharray="6 4"' : "";
    const entry = `<line x1="${x}" y1="32" x2="${x + 24}" y2="32" stroke="${EDGE_COLORS[look]}" stroke-width="2"${dash}/><text x="${x + 30}" y="36" font-size="11" fill="#495057">${name}</text>`;
    x += 30 + name.length * CHARACTER + 16;
    return entry;
  });
  return [
    `<text x="${MARGIN}" y="20" font-size="15" font-weight="bold" fill="#1a1a1a">${escape(drawing.title)}</text>`,
    ...entries,
  ];
}

function escape(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
