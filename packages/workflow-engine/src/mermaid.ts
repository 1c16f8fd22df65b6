import type { StateIr, WorkflowIr } from "@mcp-flowgate/core";

/** The state machine as a Mermaid state diagram, states and transitions in declaration order. */
export function mermaid(ir: WorkflowIr): string {
  const names = new Map(Object.keys(ir.states).map((name, index) => [name, plainName(name, index)]));
  const id = (name: string): string => names.get(name) ?? plainName(name, names.size);
  const lines = ["stateDiagram-v2"];
  for (const [name, alias] of names) if (alias !== name) lines.push(`  state "${label(name)}" as ${alias}`);
  lines.push(`  [*] --> ${id(ir.initialState)}`);
  for (const [name, state] of Object.entries(ir.states)) lines.push(...edgesOf(name, state, id));
  if (ir.onTimeout !== undefined)
    lines.push(`  note right of ${id(ir.onTimeout.target)}: after ${ir.timeoutMs ?? 0} ms`);
  return lines.join("\n");
}

function edgesOf(name: string, state: StateIr, id: (name: string) => string): readonly string[] {
  const lines: string[] = [];
  for (const [transition, { actor, target, branches, guards }] of Object.entries(state.transitions)) {
    const mark = actor === "agent" ? "" : ` (${actor})`;
    const guarded = guards.length > 0 ? " [guarded]" : "";
    for (const branch of branches)
      lines.push(`  ${id(name)} --> ${id(branch.target)}: ${label(transition)}${mark} [branch]`);
    lines.push(`  ${id(name)} --> ${id(target)}: ${label(transition)}${mark}${guarded}`);
  }
  if (state.onTimeout !== undefined) {
    lines.push(`  ${id(name)} --> ${id(state.onTimeout.target)}: after ${state.timeoutMs ?? 0} ms`);
  }
  if (state.onEnter?.onFailure !== undefined) {
    lines.push(`  ${id(name)} --> ${id(state.onEnter.onFailure.target)}: onEnter fails`);
  }
  if (state.terminal) lines.push(`  ${id(name)} --> [*]`);
  return lines;
}

/** Mermaid ids are plain words, and some words are its own. */
function plainName(name: string, index: number): string {
  return /^[A-Za-z][A-Za-z0-9_]*$/.test(name) && !/^(?:end|state|note|class|direction|default)$/i.test(name)
    ? name
    : `s${index}`;
}

function label(text: string): string {
  return text.replaceAll(/["\n\r:;]/g, " ");
}
