/** No network beyond the machine. */
export const AIR_GAPPED = `# For a machine without a network: nothing here leaves it.
version: "1.0.0"

store: { kind: sqlite, path: ./data/flowgate.sqlite }
audit:
  sinks: [{ kind: sqlite }, { kind: file, path: ./data/audit.jsonl, fsync: always }]
  onFailure: fail_closed

# Callers show access tokens of an authorization server on your side. Its public keys come by hand: nothing is fetched.
identity:
  providers:
    - kind: jwt
      issuer: "\${ISSUER:-https://login.internal}"
      audience: "\${AUDIENCE:-https://flowgate.example.com/mcp}"
      jwksFile: ./keys/jwks.json
      claims: { subject: sub, roles: groups }

server:
  transport: http
  http: { listen: "127.0.0.1:8787" }
  # Nothing that somebody adds later is dialled either.
  egress: { deny: [0.0.0.0/0, "::/0"] }

connections:
  inventory: { kind: cli, command: uname, inheritEnv: [PATH] }

telemetry: { metrics: { prometheus: true } }

proxy:
  expose:
    - name: machine.info
      description: The system's name and version.
      guards: [{ kind: role, role: operator }]
      executor: { kind: cli, connection: inventory, args: [-a], effect: read }
`;
