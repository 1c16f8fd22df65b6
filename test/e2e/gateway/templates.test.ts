import { join } from "node:path";
import { createTestDatabase } from "@mcp-flowgate/testkit";
import { expect, test } from "vitest";
import { runGateway, startHttpGateway, temporaryFolder } from "../harness/gateway-process.ts";

const TEMPLATES = [
  "hello",
  "dev",
  "production-sqlite",
  "production-postgres",
  "multi-tenant",
  "air-gapped",
  "federated",
] as const;

/** No program is found and no registry asked, so whatever a template wants to start or reach is not there. */
const OFFLINE = { PATH: "/nonexistent", npm_config_offline: "true", NO_COLOR: "1" };

test("init offers these templates", async () => {
  const { code, stderr } = await runGateway(["init", "--template", "none"]);
  expect(code).toBe(2);
  const [, offered = ""] = /Allowed choices are ([^.]*)\./.exec(stderr) ?? [];
  expect(offered.split(", ").toSorted()).toEqual(TEMPLATES.toSorted());
});

test.each(TEMPLATES)(
  "[R-INIT-1] the template %s is written, starts offline, is ready and stops",
  { timeout: 60_000 },
  async (template) => {
    using folder = temporaryFolder();
    const config = join(folder.path, "gateway.yaml");
    const env = {
      ...OFFLINE,
      ...(template === "production-postgres" ? { DATABASE_URL: await createTestDatabase() } : {}),
    };
    expect(await runGateway(["init", "--template", template, "-o", config], { env })).toMatchObject({
      code: 0,
    });
    await using gateway = await startHttpGateway(config, { env });
    const ready = await fetch(new URL("/ready", gateway.url));
    expect({ status: ready.status, output: gateway.stderr() }).toMatchObject({ status: 200 });
    expect(await gateway.stop()).toBe(0);
  },
);
