/** Several tenants behind one gateway. */
export const MULTI_TENANT = `# Several tenants share one gateway. An instance belongs to the tenant that started it; the others do not learn of it.
version: "1.0.0"

store: { kind: sqlite, path: ./data/flowgate.sqlite }
audit: { sinks: [{ kind: sqlite }], onFailure: fail_closed, payloads: digest }

identity:
  providers:
    # The tenant is a claim of the token.
    - kind: jwt
      issuer: "\${ISSUER:-https://login.example.com}"
      audience: "\${AUDIENCE:-https://flowgate.example.com/mcp}"
      claims: { subject: sub, tenant: tid, roles: groups }
  roles:
    analyst: [data.read]
    operator: [data.*]

# Callers see only what they may start.
discovery: { visibility: byGuards }

connections:
  records: { kind: http, baseUrl: "\${RECORDS_URL:-http://127.0.0.1:9100}" }

capabilities:
  # The tenant comes from the caller's identity, never from an argument.
  records.base:
    executor:
      kind: http
      connection: records
      path: "/records/{id}"
      headers: { X-Tenant: $.principal.tenant }
    inputSchema:
      type: object
      required: [id]
      properties: { id: { type: string } }
      additionalProperties: false
  records.read:
    wraps: records.base
    description: Reads one record of your tenant.
    guards: [{ kind: permission, permission: data.read }]

proxy:
  expose:
    - { capability: records.read }

workflows:
  export:
    title: Export records
    visibility: tenant
    initialState: requested
    states:
      requested:
        transitions:
          approve:
            title: Approve the export
            target: approved
            actor: human
            guards:
              - { kind: permission, permission: data.export }
      approved: { terminal: true }

server: { transport: http, http: { listen: "127.0.0.1:8787" } }

policies:
  - name: records are never read without a permission
    assert: { executor: { connection: records }, requires: { guard: { kind: permission, permission: data.* } } }
  - name: exports are approved by a person
    workflow: export
    assert: { reaching: approved, requires: { actor: human } }
`;
