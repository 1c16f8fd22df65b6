import { Command } from "commander";
import { addApprovals } from "./commands/approvals-command.ts";
import { addAudit } from "./commands/audit-command.ts";
import { addCall } from "./commands/call-command.ts";
import { addCheckerCommands } from "./commands/checker-commands.ts";
import { addDiscovery } from "./commands/discovery-command.ts";
import { addInitKey } from "./commands/init-key-command.ts";
import { addLogLevel } from "./commands/log-level-command.ts";
import { addPin } from "./commands/pin-command.ts";
import { addReload } from "./commands/reload-command.ts";
import { addServe } from "./commands/serve-command.ts";
import { addServers } from "./commands/servers-command.ts";
import { addStore } from "./commands/store-command.ts";
import { addTest } from "./commands/test-command.ts";
import { addWorkflows } from "./commands/workflows-command.ts";
import { VERSION } from "./version.ts";

/**
 * The command tree. Each command is declared beside its code, as a thin skin over a function that is loaded when it runs:
 * a declaration imports nothing that a start would have to wait for.
 */
export function createProgram(): Command {
  const program = new Command("mcp-flowgate")
    .description(
      "The gateway between AI agents and the systems that matter: seven tools, governed workflows.",
    )
    .version(VERSION)
    .showHelpAfterError()
    .exitOverride();

  addServe(program);
  addCall(program);
  addTest(program);
  addPin(program);
  addInitKey(program);
  addLogLevel(program);
  addReload(program);
  addApprovals(program);
  addWorkflows(program);
  addAudit(program);
  addDiscovery(program);
  addServers(program);
  addStore(program);
  addCheckerCommands(program);
  return program;
}
