import { spawn, type ChildProcess } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { connectClient, type ERAS, type TestClient } from "../harness/clients.ts";
import {
  collect,
  repository,
  runGateway,
  startHttpGateway,
  temporaryFolder,
  waitFor,
} from "../harness/gateway-process.ts";
import { Transcript } from "./transcript.ts";

/** One example, running: its API if it has one, the real gateway, and a client of it. Every step is written down. */
export interface Walk {
  /** Calls a tool and returns its answer's body. */
  call(tool: string, args?: object): Promise<any>;
  start(definitionId: string, input?: object): Promise<any>;
  /** Submits one of the links of the answer before. */
  submit(transition: string, args?: object): Promise<any>;
  /** The answer as it is now, once `done` holds for it. */
  settled(done: (body: any) => boolean): Promise<any>;
  /** The latest answer. */
  readonly now: any;
  /** `mcp-flowgate approvals …` for the approval that the latest answer waits for. */
  decide(
    decision: "approve" | "reject",
    ...options: string[]
  ): Promise<{ readonly code: number | null; readonly said: string }>;
  /** Another client of the same gateway. */
  as(key: string): Promise<Walk>;
  /** Where the example's API listens. */
  readonly apiUrl: string | undefined;
  readonly transcript: Transcript;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface WalkOptions {
  /** The script of the example's HTTP API, and the variables by which it and the configuration learn of its address. */
  readonly api?: {
    readonly script: string;
    readonly portVariable: string;
    readonly urlVariable: string;
    readonly documentedPort: number;
  };
  readonly key?: string;
  readonly era?: (typeof ERAS)[number];
}

export function exampleConfig(story: string): string {
  return join(repository, "examples", story, "gateway.yaml");
}

export async function walk(story: string, options: WalkOptions = {}): Promise<Walk> {
  const folder = temporaryFolder();
  const config = exampleConfig(story);
  // The examples call `node`: the one that runs this test.
  const env: Record<string, string> = {
    FLOWGATE_RUNTIME_DIR: folder.path,
    PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
  };
  const api =
    options.api === undefined
      ? undefined
      : await startApi(join(repository, "examples", story, options.api.script), {
          ...env,
          [options.api.portVariable]: String(await freePort()),
        });
  if (options.api !== undefined && api !== undefined) env[options.api.urlVariable] = api.url;
  const gateway = await startHttpGateway(config, { env });
  const transcript = new Transcript(
    options.api === undefined || api === undefined
      ? []
      : [[api.url, `http://127.0.0.1:${options.api.documentedPort}`]],
  );
  const clients: TestClient[] = [];

  const connect = async (key: string | undefined, era: (typeof ERAS)[number]): Promise<Walk> => {
    const client = await connectClient(
      { url: gateway.url, ...(key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }) },
      era,
    );
    clients.push(client);
    let now: any;
    const call = async (tool: string, args: object = {}): Promise<any> => {
      const { body } = await client.call(tool, args as never);
      transcript.call(tool, args, body);
      if (body?.workflow !== undefined) now = body;
      return body;
    };
    return {
      call,
      start: (definitionId, input = {}) => call("workflow.start", { definitionId, input }),
      submit: (transition, args) =>
        call("workflow.submit", {
          workflowId: now.workflow.id,
          expectedVersion: now.workflow.version,
          transition,
          ...(args === undefined ? {} : { arguments: args }),
        }),
      async settled(done) {
        now = await waitFor(async () => {
          const { body } = await client.call("workflow.get", { workflowId: now.workflow.id });
          return done(body) ? body : undefined;
        });
        transcript.call("workflow.get", { workflowId: now.workflow.id }, now);
        return now;
      },
      get now() {
        return now;
      },
      async decide(decision, ...rest) {
        const id = String(now.approvals.at(-1).id);
        const args = ["approvals", decision, id, ...rest];
        const { code, stdout, stderr } = await runGateway([...args, "-c", config], { env });
        transcript.command(["mcp-flowgate", ...args], `${stdout}${stderr}`);
        return { code, said: `${stdout}${stderr}` };
      },
      as: (other) => {
        transcript.say(`with the key ${other}`);
        return connect(other, era);
      },
      apiUrl: api?.url,
      transcript,
      async [Symbol.asyncDispose]() {
        for (const each of clients) await each.close();
        await gateway.stop();
        api?.child.kill("SIGTERM");
        folder[Symbol.dispose]();
      },
    };
  };
  return connect(options.key, options.era ?? "2026-07-28");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

async function startApi(
  script: string,
  env: Record<string, string>,
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = collect(child);
  const url = await waitFor(
    () => /on (http:\S+)/.exec(output.stderr())?.[1],
    () => child.exitCode !== null,
    () => `the API ended: ${output.stderr()}`,
  );
  return { child, url };
}
