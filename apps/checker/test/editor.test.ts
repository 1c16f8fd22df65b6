import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const SCHEMA = pathToFileURL(
  join(import.meta.dirname, "../../../schemas/v1/gateway-config.schema.json"),
).href;
const HEADER = `# yaml-language-server: $schema=${SCHEMA}\n`;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: {
    readonly uri?: string;
    readonly diagnostics?: readonly { readonly message: string }[];
    readonly items?: readonly unknown[];
  };
  readonly result?: unknown;
}

/** The language server that editors run, over its standard streams. */
class Editor {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: {
    readonly fits: (message: Message) => boolean;
    readonly resolve: (message: Message) => void;
  }[] = [];
  #buffer = Buffer.alloc(0);
  #next = 1;

  constructor() {
    const manifest = createRequire(import.meta.url).resolve("yaml-language-server/package.json");
    this.#child = spawn(process.execPath, [join(dirname(manifest), "bin/yaml-language-server"), "--stdio"]);
    this.#child.stdout.on("data", (chunk: Buffer) => this.#read(chunk));
  }

  async open(name: string, text: string): Promise<readonly string[]> {
    const uri = `file:///c/${name}.yaml`;
    const told = this.#wait(
      ({ method, params }) => method === "textDocument/publishDiagnostics" && params?.uri === uri,
    );
    this.#send({
      method: "textDocument/didOpen",
      params: { textDocument: { uri, languageId: "yaml", version: 1, text } },
    });
    return ((await told).params?.diagnostics ?? []).map(({ message }) => message);
  }

  async request(method: string, params: object): Promise<unknown> {
    const id = this.#next++;
    const answer = this.#wait((message) => message.id === id && message.method === undefined);
    this.#send({ id, method, params });
    return (await answer).result;
  }

  notify(method: string, params: object): void {
    this.#send({ method, params });
  }

  end(): void {
    this.#child.kill();
  }

  async #wait(fits: (message: Message) => boolean): Promise<Message> {
    return new Promise((resolve) => void this.#waiting.push({ fits, resolve }));
  }

  #send(message: object): void {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.#child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  #read(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(this.#buffer.subarray(0, end).toString())?.[1]);
      if (this.#buffer.length < end + 4 + length) return;
      const message = JSON.parse(this.#buffer.subarray(end + 4, end + 4 + length).toString()) as Message;
      this.#buffer = this.#buffer.subarray(end + 4 + length);
      this.#take(message);
    }
  }

  #take(message: Message): void {
    // The server asks for its settings; an editor without any answers with nothing.
    if (message.method !== undefined && message.id !== undefined) {
      const result =
        message.method === "workspace/configuration" ? (message.params?.items ?? []).map(() => ({})) : null;
      this.#send({ id: message.id, result });
    }
    const index = this.#waiting.findIndex(({ fits }) => fits(message));
    if (index >= 0) this.#waiting.splice(index, 1)[0]?.resolve(message);
  }
}

describe("the schema in an editor", { timeout: 60_000 }, () => {
  const editor = new Editor();
  beforeAll(async () => {
    await editor.request("initialize", {
      processId: process.pid,
      rootUri: null,
      capabilities: {
        textDocument: {
          hover: { contentFormat: ["markdown"] },
          completion: { completionItem: { documentationFormat: ["markdown"] } },
        },
      },
    });
    editor.notify("initialized", {});
  }, 60_000);
  afterAll(() => editor.end());

  const position = (text: string, marker: string): { readonly line: number; readonly character: number } => {
    const before = text.slice(0, text.indexOf(marker) + marker.length).split("\n");
    return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
  };

  it("underlines what the checker refuses, and nothing in what it accepts", async () => {
    expect(
      await editor.open("good", `${HEADER}version: "1.0.0"\nproxy:\n  expose:\n    - name: hello.echo\n`),
    ).toEqual([]);
    const bad = await editor.open(
      "bad",
      `${HEADER}version: "1.0.0"\nstore: { kind: sqllite }\nworkfows: {}\n`,
    );
    expect(bad.join("\n")).toContain("workfows");
    expect(bad.join("\n")).toContain("sqlite");
  });

  it("completes keys and values", async () => {
    const text = `${HEADER}version: "1.0.0"\nstore:\n  kind: \n`;
    await editor.open("complete", text);
    const values = await editor.request("textDocument/completion", {
      textDocument: { uri: "file:///c/complete.yaml" },
      position: position(text, "kind: "),
    });
    expect(labels(values)).toEqual(expect.arrayContaining(["memory", "sqlite", "postgres"]));
    const keys = `${HEADER}version: "1.0.0"\nworkflows:\n  w:\n    initialState: a\n    states:\n      a:\n        \n`;
    await editor.open("keys", keys);
    const names = await editor.request("textDocument/completion", {
      textDocument: { uri: "file:///c/keys.yaml" },
      position: position(keys, "      a:\n        "),
    });
    expect(labels(names)).toEqual(
      expect.arrayContaining(["transitions", "terminal", "guidance", "onTimeout"]),
    );
  });

  it("explains a key on hovering", async () => {
    const text = `${HEADER}version: "1.0.0"\nworkflows:\n  w:\n    initialState: a\n    maxChainDepth: 3\n    states: { a: { terminal: true } }\n`;
    await editor.open("hover", text);
    const hover = await editor.request("textDocument/hover", {
      textDocument: { uri: "file:///c/hover.yaml" },
      position: position(text, "    maxChain"),
    });
    expect(JSON.stringify(hover)).toContain("Deterministic steps in a row before the instance is parked");
  });
});

function labels(result: unknown): readonly string[] {
  const items = Array.isArray(result)
    ? result
    : ((result as { readonly items?: readonly unknown[] } | null)?.items ?? []);
  return items.map((item) => String((item as { readonly label?: unknown }).label));
}
