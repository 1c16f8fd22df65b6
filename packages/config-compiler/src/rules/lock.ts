import { getOwn, type ExecutorIr } from "@mcp-flowgate/core";
import { escapePointer } from "@mcp-flowgate/json-schema";
import { lockKey } from "../lock/lock-file.ts";
import { quote, type Span } from "../source/config-node.ts";
import { executorsOf } from "./executors-of.ts";
import type { Rule } from "./rule.ts";

/** Pinned imports against the lock file: FG320 where there is none to hold to, FG321 for tools that it does not have. */
export const checkLock: Rule = (context) => {
  const { root, lock, report, keyAt, capabilities, workflows } = context;
  if (lock.content === undefined) return;
  const pinned = (root.child("proxy")?.itemsOf("import") ?? []).filter((entry) => entry.has("pin"));
  if (!lock.content.ok) {
    for (const entry of pinned) {
      const pin = entry.get("pin");
      report("FG320", pin?.node, `the lock file cannot be held to: ${lock.path}: ${lock.content.error}`, {
        pointer: pin?.pointer,
        hint: "`mcp-flowgate pin -c FILE` writes it.",
        ...(pin?.value === "block" ? {} : { severity: "notice" }),
      });
    }
    return;
  }
  const { connections } = lock.content.value;
  const held = new Set(pinned.map((entry) => lockKey(entry.text("connection") ?? "", entry.text("openapi"))));
  const check = (connection: string, tool: string, at: Span | undefined, pointer: string): void => {
    if (!held.has(connection)) return;
    const tools = getOwn(connections, connection)?.tools ?? {};
    if (Object.hasOwn(tools, tool)) return;
    report("FG321", at, `the lock file has no tool ${quote(tool)} of connection ${quote(connection)}`, {
      pointer,
      hint: "`mcp-flowgate pin -c FILE --update` takes over what the server lists now.",
    });
  };
  const checkExecutor = (executor: ExecutorIr, pointer: string): void => {
    if (executor.kind === "mcp") check(executor.connection, executor.tool, keyAt(pointer), pointer);
  };
  for (const entry of pinned) {
    const connection = entry.text("connection");
    if (connection === undefined) continue;
    for (const name of entry.itemsOf("include")) {
      if (name.value !== undefined && !/[*?]/.test(name.value))
        check(lockKey(connection, entry.text("openapi")), name.value, name.node, name.pointer);
    }
  }
  for (const [id, { executor }] of Object.entries(capabilities)) {
    if (root.child("capabilities")?.has(id) === true)
      checkExecutor(executor, `/capabilities/${escapePointer(id)}`);
  }
  for (const [id, workflow] of Object.entries(workflows)) {
    for (const { executor, pointer } of executorsOf(workflow))
      checkExecutor(executor, `/workflows/${escapePointer(id)}${pointer}`);
  }
};
