import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ERAS } from "../harness/clients.ts";
import {
  gatewayBin,
  startHttpGateway,
  temporaryFolder,
  writeConfig,
  type GatewayProcess,
} from "../harness/gateway-process.ts";

const folder = temporaryFolder();
const config = writeConfig(
  folder.path,
  `version: "1.0.0"\nproxy: { expose: [{ name: hello.echo, executor: { kind: noop } }] }\n`,
);
let gateway: GatewayProcess;
beforeAll(async () => {
  gateway = await startHttpGateway(config);
});
afterAll(async () => {
  await gateway.stop();
  folder[Symbol.dispose]();
});

/** One call as text: a client that parses what it sends cannot say any of this. */
function toText(input: string, era: (typeof ERAS)[number], more = ""): string {
  const meta =
    era === "2025-11-25"
      ? ""
      : `,"_meta":{"io.modelcontextprotocol/protocolVersion":"${era}","io.modelcontextprotocol/clientInfo":{"name":"e2e","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}`;
  return `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"workflow.start","arguments":{"definitionId":"hello.echo",${more}"input":${input}}${meta}}}`;
}

async function post(body: string, era: (typeof ERAS)[number]): Promise<any> {
  const response = await fetch(gateway.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": era,
      "mcp-method": "tools/call",
      "mcp-name": "workflow.start",
    },
    body,
  });
  const text = await response.text();
  return JSON.parse(text.startsWith("{") ? text : /^data: (\{.*)$/m.exec(text)![1]!);
}

const REFUSED: readonly (readonly [what: string, input: string, more: string, why: string])[] = [
  ["a key twice", '{"a":1,"a":2}', "", 'the key "a" stands twice'],
  ["a key twice, once escaped", String.raw`{"ab":1,"a\u0062":2}`, "", 'the key "ab" stands twice'],
  ["another definition behind the first", "{}", '"definitionId":"other",', "twice"],
  ["1e400", '{"a":1e400}', "", "the number 1e400 is too large"],
  ["2^53 + 1", '{"a":9007199254740993}', "", "9007199254740993 cannot be kept exactly; send it as text"],
  ["2^63", '{"a":[9223372036854775808]}', "", "9223372036854775808 cannot be kept exactly"],
];
const KEPT = [
  '{"__proto__":{"x":1},"constructor":{"prototype":{"y":2}},"toString":3}',
  String.raw`{"a":"\ud800 \udc00x","\u0000":"\u0000"}`,
  '{"A":1,"a":2,"n":[9007199254740991,1e300,-0.5]}',
];

test.for(ERAS)("a request means one thing or is refused with the reason, over HTTP; %s", async (era) => {
  for (const [what, input, more, why] of REFUSED) {
    const answer = await post(toText(input, era, more), era);
    expect(answer, what).toMatchObject({
      id: 7,
      error: { code: -32_600, message: expect.stringContaining(why) },
    });
  }
  for (const input of KEPT) {
    const { result } = await post(toText(input, era), era);
    expect(result.structuredContent.result.output).toEqual(JSON.parse(input));
  }
  const cased = await post(toText("{}", era).replace("definitionId", "DefinitionId"), era);
  expect(cased.result.structuredContent.error.message).toContain("did you mean `definitionId`?");
  const deep = await post(toText('{"a":'.repeat(100_000) + "1" + "}".repeat(100_000), era), era);
  expect(deep.result.structuredContent.error.message).toContain("nested too deeply");
});

test("and over stdio, where the connection goes on", async () => {
  const child = spawn(process.execPath, [gatewayBin, "serve", "-c", config], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const ask = async (text: string): Promise<any> => {
    child.stdin.write(`${text}\n`);
    return JSON.parse((await lines.next()).value as string);
  };
  const [era] = ERAS;
  for (const [what, input, more, why] of REFUSED) {
    const answer = await ask(toText(input, era, more));
    expect(answer, what).toMatchObject({ id: 7, error: { message: expect.stringContaining(why) } });
  }
  for (const input of KEPT) {
    const { result } = await ask(toText(input, era));
    expect(result.structuredContent.result.output).toEqual(JSON.parse(input));
  }
  child.stdin.end();
  await new Promise((done) => child.once("exit", done));
});
