import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

/** The entry file of a real MCP server from npm. */
export function serverEntry(name: "everything" | "filesystem"): string {
  return join(dirname(require.resolve(`@modelcontextprotocol/server-${name}/package.json`)), "dist/index.js");
}

/** The smallest useful configuration: one capability that returns its arguments. */
export const HELLO = `version: "1.0.0"
proxy:
  expose:
    - name: hello.echo
      title: Echo
      description: Returns the message that it is given.
      tags: [demo]
      inputSchema:
        type: object
        required: [message]
        additionalProperties: false
        properties: { message: { type: string } }
      executor: { kind: noop }
`;

/** Two real servers, one that cannot be started, and one whose name is taken. */
export function realServers(folder: string): string {
  return `version: "1.0.0"
connections:
  everything: { kind: mcp, command: node, args: ["${serverEntry("everything")}", stdio] }
  files: { kind: mcp, command: node, args: ["${serverEntry("filesystem")}", "${folder}"] }
  dead: { kind: mcp, command: no-such-command-anywhere }
proxy:
  import:
    - { connection: dead, prefix: dead }
    - { connection: everything, prefix: every, tags: [demo], exclude: [get-env] }
    - { connection: files, prefix: fs, include: ["read_*", "list_directory"], tags: [files] }
`;
}
