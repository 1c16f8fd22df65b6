import type { GatewayPlan } from "@mcp-flowgate/core";

/** A tool or a command that an executor names, and the first place that does. */
export interface Uses {
  readonly tools: readonly { readonly connection: string; readonly tool: string; readonly pointer: string }[];
  readonly commands: readonly { readonly command: string; readonly pointer: string }[];
}

/** Executors stand in many places of a plan (steps, fallbacks, approvals, compensations): all are found by their shape. */
export function usesOf(plan: GatewayPlan): Uses {
  const tools = new Map<string, Uses["tools"][number]>();
  const commands = new Map<string, Uses["commands"][number]>();
  const visit = (value: unknown, pointer: string): void => {
    if (typeof value !== "object" || value === null) return;
    const { kind, connection, tool, command } = value as { readonly [key: string]: unknown };
    if (kind === "mcp" && typeof connection === "string" && typeof tool === "string") {
      const key = `${connection}\n${tool}`;
      if (!tools.has(key)) tools.set(key, { connection, tool, pointer });
    }
    if (kind === "cli" && connection === undefined && typeof command === "string" && !commands.has(command))
      commands.set(command, { command, pointer });
    for (const [name, child] of Object.entries(value))
      visit(child, `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  };
  visit(plan.capabilities, "/capabilities");
  visit(plan.workflows, "/workflows");
  for (const [index, { connection, include }] of plan.imports.entries()) {
    for (const tool of include) {
      const key = `${connection}\n${tool}`;
      if (!/[*?]/.test(tool) && !tools.has(key))
        tools.set(key, { connection, tool, pointer: `/proxy/import/${index}` });
    }
  }
  return { tools: [...tools.values()], commands: [...commands.values()] };
}
