/** Many MCP servers behind one. */
export const FEDERATED = `# Many MCP servers behind seven tools. Names are prefixed, so that no server can shadow another.
version: "1.0.0"

store: { kind: sqlite, path: ./data/flowgate.sqlite }
audit: { sink: file, path: ./data/audit.jsonl }

identity:
  providers:
    - kind: jwt
      issuer: "\${ISSUER:-https://login.example.com}"
      audience: "\${AUDIENCE:-https://flowgate.example.com/mcp}"
      claims: { subject: sub, roles: groups }

connections:
  github:
    kind: mcp
    url: "\${GITHUB_MCP_URL:-http://127.0.0.1:9201/mcp}"
    # The caller's own token is passed on, to this host alone.
    auth: { kind: forward, hosts: [127.0.0.1] }
  search: { kind: mcp, url: "\${SEARCH_MCP_URL:-http://127.0.0.1:9202/mcp}", timeoutMs: 20s }
  # Another mcp-flowgate: its guards and approvals stay in force there, and what waits there waits here. It sees the
  # caller: their token is exchanged for one that is meant for it. With a secret, this gateway lists what is offered there
  # as itself; without one, as nobody.
  payroll:
    kind: mcp
    url: "\${PAYROLL_GATEWAY_URL:-http://127.0.0.1:9203/mcp}"
    auth:
      kind: tokenExchange
      tokenUrl: "\${TOKEN_URL:-https://login.example.com/token}"
      clientId: flowgate
      # clientSecret: "\${CLIENT_SECRET}"
      audience: payroll-gateway
  everything: { kind: mcp, command: npx, args: [-y, "@modelcontextprotocol/server-everything"], idleTimeoutMs: 10m }

proxy:
  import:
    - connection: github
      prefix: github
      exclude: ["delete_*", merge_pull_request]
      tags: [github]
      guards: [{ kind: role, role: developer }]
      # A tool whose name, description or schema changes is reported.
      pin: warn
    - connection: search
      prefix: web
      tags: [search]
      reliability: { timeoutMs: 20s, circuitBreaker: { failures: 5, windowMs: 1m, openMs: 30s } }
    - { connection: payroll, prefix: payroll, tags: [payroll], guards: [{ kind: role, role: payroll }] }
    - { connection: everything, prefix: demo, tags: [demo] }
  expose:
    - { capability: github.merge, tags: [github, write] }

capabilities:
  # The raw tool is excluded above, so this is the only way to it.
  github.merge:
    wraps: github.merge_pull_request
    description: Merges a pull request.
    guards:
      - { kind: role, role: maintainer }
      - { kind: rateLimit, max: 10, perMs: 1h }

server: { transport: http, http: { listen: "127.0.0.1:8787" } }
`;
