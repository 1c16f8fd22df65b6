export { createMcpConnections } from "./connections.ts";
export type { McpConnections, McpConnectionsOptions, McpServers } from "./connections.ts";
export type { McpCallOptions, McpProgress, McpToolResult } from "./managed-connection.ts";
export type { McpConnectionStatus, McpLifecycleEvent, McpTimeouts } from "./lifecycle.ts";
export { createMcpExecutor } from "./executor.ts";
export type { McpExecutorOptions } from "./executor.ts";
export type { McpFailure } from "./failure.ts";
export type { McpTool, McpToolList, McpToolProblem } from "./tools.ts";
export { toOutcome as toMcpOutcome } from "./outcome.ts";
