/** For a developer's machine: real MCP servers, kept state, a trail to read. */
export const DEV = `# A gateway for your own machine, started by your MCP client over stdio.
version: "1.0.0"

# The user of the operating system is the caller.
identity: { kind: local, roles: [developer] }

# Instances survive a restart.
store: { kind: sqlite, path: ./.flowgate/flowgate.sqlite }

# What was asked, decided and done, one JSON object a line.
audit: { sink: file, path: ./.flowgate/audit.jsonl }

connections:
  # A server that does not come up is reported and tried again; the others go on.
  everything: { kind: mcp, command: npx, args: [-y, "@modelcontextprotocol/server-everything"], idleTimeoutMs: 10m }
  files: { kind: mcp, command: npx, args: [-y, "@modelcontextprotocol/server-filesystem", "."], idleTimeoutMs: 10m }
  git: { kind: cli, command: git }

proxy:
  import:
    - { connection: everything, prefix: demo, tags: [demo] }
    # Reading is free; writing goes through the guarded capability below.
    - { connection: files, prefix: files, include: ["read_*", "list_*", "search_files", "get_file_info"] }
  expose:
    - name: git.status
      description: What has changed in the working tree.
      executor: { kind: cli, connection: git, args: [status, --short], effect: read }
    - capability: files.write
      tags: [write]

capabilities:
  files.write:
    wraps: files.write_file
    description: Writes a file, a few at a time.
    guards:
      - { kind: role, role: developer }
      - { kind: rateLimit, max: 20, perMs: 1m }

server: { watch: true }
`;
