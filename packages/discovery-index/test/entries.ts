import type { CatalogueEntry } from "@mcp-flowgate/discovery-index";

/** A small catalogue of plain tools on three servers, for tests that need something to find. */
export const TOOLS: readonly CatalogueEntry[] = [
  tool(
    "github.create_issue",
    "create_issue",
    "github",
    "Create a new issue in a repository.",
    ["repo", "title", "body"],
    ["code"],
  ),
  tool(
    "github.list_issues",
    "list_issues",
    "github",
    "List issues of a repository.",
    ["repo", "state"],
    ["code"],
  ),
  tool(
    "github.merge_pull_request",
    "merge_pull_request",
    "github",
    "Merge a pull request.",
    ["repo", "number"],
    ["code"],
  ),
  tool("files.read_file", "read_file", "files", "Read the complete contents of a file.", ["path"], ["files"]),
  tool(
    "files.write_file",
    "write_file",
    "files",
    "Write text to a file, replacing what it held.",
    ["path", "text"],
    ["files"],
  ),
  tool(
    "files.delete_directory",
    "delete_directory",
    "files",
    "Delete a directory with everything in it.",
    ["path"],
    ["files"],
  ),
  tool("files.move_file", "move_file", "files", "Move or rename a file.", ["from", "to"], ["files"]),
  tool(
    "weather.get_forecast",
    "get_forecast",
    "weather",
    "Weather forecast for a city, up to seven days.",
    ["city", "days"],
    [],
  ),
  tool(
    "mail.send_email",
    "send_email",
    "mail",
    "Send an email to one or more people.",
    ["to", "subject", "body"],
    ["mail"],
  ),
  tool("mail.search_inbox", "search_inbox", "mail", "Search the messages of the inbox.", ["query"], ["mail"]),
  {
    id: "release",
    kind: "workflow",
    title: "Release to production",
    description: "Test, approve and ship a version.",
    states: ["test", "approval", "deploying"],
    goals: ["All checks are green", "A lead has agreed"],
    tags: ["code"],
  },
  { id: "payroll", kind: "connection", description: "The payroll system.", tags: ["finance"] },
];

export function tool(
  id: string,
  name: string,
  server: string,
  description: string,
  parameters: readonly string[] = [],
  tags: readonly string[] = [],
): CatalogueEntry {
  const properties = Object.fromEntries(parameters.map((parameter) => [parameter, { type: "string" }]));
  return {
    id,
    kind: "capability",
    name,
    server,
    description,
    tags,
    inputSchema: { type: "object", properties },
  };
}
