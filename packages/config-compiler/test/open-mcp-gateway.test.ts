import { describe, expect, it } from "vitest";
import { compileFiles } from "./memory-reader.ts";

const CATALOG = `servers:
  - id: files
    display_name: Files
    runtime: { type: local-process, command: ./mcp-files, args: [--root=/w], working_dir: /w }
    env: { TOKEN: "\${FILES_TOKEN}" }
    tags: [files]
  - id: tickets
    description: The ticket system.
    runtime: { type: remote-http, url: https://tickets.example.com/mcp, headers: { X-Tenant: acme } }
`;

describe("files of Open MCP Gateway", () => {
  it("turn a catalogue into connections and imports under the servers' ids", async () => {
    const { plan } = await compileFiles(
      { "/c/main.yaml": 'version: "1.0.0"\ninclude: [catalog.yaml]\n', "/c/catalog.yaml": CATALOG },
      { env: { FILES_TOKEN: "canary-token" } },
    );
    expect(plan?.connections["files"]).toMatchObject({
      kind: "mcp",
      description: "Files",
      tags: ["files"],
      command: "/c/mcp-files",
      args: ["--root=/w"],
      cwd: "/w",
      env: { TOKEN: "canary-token" },
    });
    expect(plan?.connections["tickets"]).toMatchObject({
      kind: "mcp",
      description: "The ticket system.",
      url: "https://tickets.example.com/mcp",
      headers: { "X-Tenant": "acme" },
    });
    expect(plan?.imports.map(({ connection, prefix, tags }) => ({ connection, prefix, tags }))).toEqual([
      { connection: "files", prefix: "files", tags: ["files"] },
      { connection: "tickets", prefix: "tickets", tags: [] },
    ]);
    expect(plan?.secrets).toContain("canary-token");
  });

  it("take the settings of a gateway, with its limits put into every connection of its catalogue", async () => {
    const { plan, diagnostics } = await compileFiles(
      {
        "/c/main.yaml": `listen_addr: "127.0.0.1:4444"
catalog_path: ~/catalog.yaml
log_level: debug
api_key: "\${GATEWAY_KEY}"
idle_timeout_seconds: 600
health_check_interval_seconds: 60
max_connections_per_server: 4
request_timeout_seconds: 20
cors_origins: ["*", "https://app.example.com"]
`,
        "/home/ann/catalog.yaml": CATALOG,
      },
      {
        env: {
          HOME: "/home/ann",
          FILES_TOKEN: "canary-token",
          GATEWAY_KEY: "7f3a9c1e5b2d8046e1c7a5930bd2f684",
        },
      },
    );
    expect(plan?.server).toMatchObject({
      transport: "http",
      http: { host: "127.0.0.1", port: 4444, allowedOrigins: ["https://app.example.com"] },
    });
    expect(plan?.telemetry.logs.level).toBe("debug");
    expect(plan?.identity).toMatchObject([
      { kind: "apiKeys", keys: [{ key: "7f3a9c1e5b2d8046e1c7a5930bd2f684" }] },
    ]);
    const limits = { healthCheckMs: 60_000, maxConcurrency: 4, timeoutMs: 20_000 };
    expect(plan?.connections["files"]).toMatchObject({ ...limits, idleTimeoutMs: 600_000 });
    expect(plan?.connections["tickets"]).toMatchObject(limits);
    expect(plan?.connections["tickets"]).not.toHaveProperty("idleTimeoutMs");
    expect(diagnostics.find(({ code }) => code === "FG116")?.message).toContain("`*` in `cors_origins`");
  });

  it("read nought seconds of idling as never, and no origins where cross-origin calls are off", async () => {
    const { plan } = await compileFiles(
      {
        "/c/main.yaml": `listen_addr: "127.0.0.1:4444"
catalog_path: catalog.yaml
idle_timeout_seconds: 0
cors_enabled: false
cors_origins: ["https://app.example.com"]
`,
        "/c/catalog.yaml": CATALOG,
      },
      { env: { FILES_TOKEN: "canary-token" } },
    );
    expect(plan?.connections["files"]).not.toHaveProperty("idleTimeoutMs");
    expect(plan?.server.http.allowedOrigins).toEqual([]);
  });

  it.each([
    ["no id", "- { runtime: { type: local-process, command: a } }"],
    ["the same id", "- { id: b, runtime: { type: remote-sse, url: https://b.example.com } }"],
    ["no runtime", "- { id: a }"],
    ["a container", "- { id: a, runtime: { type: docker, image: mcp/a } }"],
  ])("refuse a server with %s", async (_, line) => {
    const { plan, diagnostics } = await compileFiles({
      "/c/main.yaml": `servers:\n  - { id: b, runtime: { type: local-process, command: b } }\n  ${line}\n`,
    });
    expect(plan).toBeUndefined();
    expect(diagnostics.map(({ code }) => code)).toEqual(["FG115", "FG117"]);
  });

  it("leave a document with a version alone", async () => {
    const { diagnostics } = await compileFiles({
      "/c/main.yaml": 'version: "1.0.0"\nservers: [{ id: a }]\n',
    });
    expect(diagnostics.map(({ code }) => code)).toEqual(["FG201"]);
  });
});
