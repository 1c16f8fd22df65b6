const PROCESS = `
connections:
  deployer:
    kind: http
    baseUrl: "\${DEPLOYER_URL:-http://127.0.0.1:9000}"
    timeoutMs: 30s

workflows:
  deploy:
    title: Deploy a service
    version: 1.0.0
    visibility: tenant
    inputSchema:
      type: object
      required: [service, version]
      properties:
        service: { type: string }
        version: { type: string }
      additionalProperties: false
    initialState: requested
    timeoutMs: 7d
    onTimeout: { target: expired }
    states:
      requested:
        goal: Ask for approval
        transitions:
          request_approval:
            title: Ask a release manager
            target: approved
            executor:
              kind: human
              queue: deployments
              title: "Deploy {{ $.workflow.input.service }} {{ $.workflow.input.version }}?"
              assignees: { roles: [release-manager] }
              expiresMs: 24h
              onReject: { target: rejected }
      approved:
        transitions:
          deploy:
            title: Deploy
            target: deployed
            guards:
              - { kind: permission, permission: deploy.production }
              # Not during the weekend.
              - { kind: not, guard: { kind: schedule, days: [sat, sun], timezone: UTC } }
            executor:
              kind: http
              connection: deployer
              method: POST
              path: "/services/{service}/deployments"
              body: { version: $.workflow.input.version }
              # The key is the same for every retry of this step.
              idempotencyKey: true
            reliability:
              timeoutMs: 30s
              retry: { maxAttempts: 3, backoff: exponential, initialDelayMs: 1s, maxDelayMs: 10s }
            output: { deployment: $.output.body.id }
      deployed: { terminal: true }
      rejected: { terminal: true, outcome: failure }
      expired: { terminal: true, outcome: failure }

policies:
  - name: nothing is deployed without a release manager
    workflow: deploy
    assert: { reaching: deployed, requires: { transition: request_approval, actor: human } }
  - name: the deployer is only called with the permission
    assert: { executor: { connection: deployer }, requires: { guard: { kind: permission, permission: deploy.* } } }
  - name: everything ends
    assert: { terminates: true }
`;

const IDENTITY = `
# Callers show access tokens of your authorization server.
identity:
  providers:
    - kind: jwt
      issuer: "\${ISSUER:-https://login.example.com}"
      audience: "\${AUDIENCE:-https://flowgate.example.com/mcp}"
      claims: { subject: sub, tenant: tid, roles: groups, permissions: scope }
  roles:
    release-manager: [deploy.*, workflow.resolve]
    developer: [deploy.production]

server:
  transport: http
  http:
    listen: "\${LISTEN:-127.0.0.1:8787}"
    # The names by which clients reach it through your proxy.
    allowedHosts: ["\${PUBLIC_HOST:-flowgate.example.com}"]
  admin: { listen: "127.0.0.1:8788" }
  drain: { deadlineMs: 30s }

limits: { argumentsBytes: 128KiB, operationMs: 2m }
telemetry: { logs: { level: info, format: json } }
`;

/** One machine: SQLite, a signed-in public, a trail that closes the door when it cannot be written. */
export const PRODUCTION_SQLITE: string = `# A gateway for one machine. Several processes on it may share the store.
version: "1.0.0"

store: { kind: sqlite, path: "./data/flowgate.sqlite", retention: { terminal: 30d, audit: 400d } }

# Nothing runs that cannot be recorded.
audit:
  sinks:
    - { kind: sqlite }
    - { kind: file, path: ./data/audit.jsonl }
  onFailure: fail_closed
  payloads: arguments
${IDENTITY}${PROCESS}`;

/** Replicas on one database. */
export const PRODUCTION_POSTGRES: string = `# Any number of replicas on one PostgreSQL. Any of them answers any call.
version: "1.0.0"

store:
  kind: postgres
  url: "\${DATABASE_URL:-postgres://127.0.0.1:5432/flowgate}"
  poolSize: 10
  statementTimeoutMs: 10s
  leaseMs: 15s
  retention: { terminal: 30d, audit: 400d }

# In the store's own transaction: what was committed was recorded.
audit:
  sinks: [{ kind: postgres }]
  onFailure: fail_closed
  payloads: arguments
${IDENTITY}${PROCESS}`;
