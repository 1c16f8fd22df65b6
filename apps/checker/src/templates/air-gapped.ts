/** No network beyond the machine. */
export const AIR_GAPPED = `# For a machine without a network: nothing here leaves it.
version: "1.0.0"

store: { kind: sqlite, path: ./data/flowgate.sqlite }
audit:
  sinks: [{ kind: sqlite }, { kind: file, path: ./data/audit.jsonl, fsync: always }]
  onFailure: fail_closed

# A proxy on the same machine signs people in and passes on who they are.
identity:
  kind: trustedHeaders
  subject: X-User
  roles: X-Roles
  trustedProxies: [127.0.0.1/32]

server: { transport: http, http: { listen: "127.0.0.1:8787" } }
telemetry: { metrics: { prometheus: true } }

connections:
  inventory: { kind: cli, command: uname, inheritEnv: [PATH] }

proxy:
  expose:
    - name: machine.info
      description: The system's name and version.
      guards: [{ kind: role, role: operator }]
      executor: { kind: cli, connection: inventory, args: [-a], effect: read }
`;
