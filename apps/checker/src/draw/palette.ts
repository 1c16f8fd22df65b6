import type { EdgeLook, NodeKind } from "./drawing.ts";

interface NodeLook {
  readonly fill: string;
  readonly stroke: string;
}

/** Told apart by lightness as well as by hue, and legible on white. */
export const NODE_LOOKS: { readonly [kind in NodeKind]: NodeLook } = {
  agent: { fill: "#eef2ff", stroke: "#4f5bd5" },
  human: { fill: "#fff3d6", stroke: "#b7791f" },
  deterministic: { fill: "#f1f3f5", stroke: "#868e96" },
  success: { fill: "#d8f5e3", stroke: "#2b8a3e" },
  failure: { fill: "#ffe3e3", stroke: "#c92a2a" },
  any: { fill: "#ffffff", stroke: "#adb5bd" },
};

export const EDGE_COLORS: { readonly [look in EdgeLook]: string } = {
  agent: "#4f5bd5",
  human: "#b7791f",
  deterministic: "#868e96",
  timeout: "#9c36b5",
  failure: "#c92a2a",
};

export function isDashed(look: EdgeLook): boolean {
  return look === "timeout" || look === "failure";
}
