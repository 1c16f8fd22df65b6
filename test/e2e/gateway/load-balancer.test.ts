import { startPostgres, type PostgresServer } from "@mcp-flowgate/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CLIENTS } from "../harness/clients.ts";
import {
  startHttpGateway,
  temporaryFolder,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";
import { startLoadBalancer } from "../harness/load-balancer.ts";

let server: PostgresServer;
const folders = [temporaryFolder(), temporaryFolder(), temporaryFolder(), temporaryFolder()] as const;
let replicas: readonly GatewayProcess[] = [];

beforeAll(async () => {
  server = await startPostgres();
  const url = await server.createDatabase();
  // All three meet an empty database at once.
  replicas = await Promise.all(
    folders.slice(1).map((folder) =>
      startHttpGateway(
        writeConfig(
          folder.path,
          `version: "1.0.0"
store: { kind: postgres, url: "\${DATABASE_URL}" }
audit: { sinks: [{ kind: postgres }], onFailure: fail_closed }
proxy:
  expose:
    - name: hello.echo
      inputSchema: { type: object, properties: { message: { type: string } } }
      executor: { kind: noop }
workflows:
  steps:
    initialState: a
    initialContext: { count: 0 }
    states:
      a: { transitions: { next: { target: b, executor: { kind: noop }, output: { count: { add: [$.context.count, 1] } } } } }
      b: { transitions: { next: { target: c, executor: { kind: noop }, output: { count: { add: [$.context.count, 1] } } } } }
      c: { transitions: { next: { target: d, executor: { kind: noop }, output: { count: { add: [$.context.count, 1] } } } } }
      d: { terminal: true }
`,
        ),
        { env: { DATABASE_URL: url, FLOWGATE_RUNTIME_DIR: folder.path } },
      ),
    ),
  );
});
afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  await server.stop();
  for (const folder of folders) folder[Symbol.dispose]();
});

test.each(CLIENTS)(
  "every call succeeds on whichever replica it reaches: %s [R-REPLICAS-4]",
  async (_, connect) => {
    await using balancer = await startLoadBalancer(
      folders[0].path,
      replicas.map(({ url }) => new URL(url).origin),
    );
    const client = await connect({ url: `${balancer.url}/mcp` });
    const walk = async (turn: number): Promise<void> => {
      const echoed = await client.call("workflow.start", {
        definitionId: "hello.echo",
        input: { message: `turn ${turn}` },
      });
      expect(echoed.body.result.output).toEqual({ message: `turn ${turn}` });
      let { body } = await client.call("workflow.start", { definitionId: "steps" });
      while (body.workflow.state !== "d") {
        const seen = await client.call("workflow.get", { workflowId: body.workflow.id });
        expect(seen.body.workflow).toEqual(body.workflow);
        const next = await client.call("workflow.submit", {
          workflowId: body.workflow.id,
          expectedVersion: body.workflow.version,
          transition: "next",
        });
        expect(next.isError, JSON.stringify(next.body)).toBe(false);
        body = next.body;
      }
      expect(body.context).toEqual({ count: 3 });
    };
    await Promise.all(Array.from({ length: 12 }, (_, turn) => walk(turn)));
    await client.close();
  },
);
