import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { exitOf, waitFor } from "./gateway-process.ts";

export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: { readonly [name: string]: unknown };
}

export interface OtlpReceiver {
  readonly url: string;
  /** Everything that came, as text. */
  text(): string;
  spans(): readonly SeenSpan[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** A collector in a process of its own. */
export async function startOtlpReceiver(mode: "answers" | "slow" = "answers"): Promise<OtlpReceiver> {
  const script = fileURLToPath(new URL("otlp-receiver.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, mode], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  const first = await waitFor(() => lines[0]);
  return {
    url: `http://127.0.0.1:${(JSON.parse(first) as { port: number }).port}`,
    text: () => lines.slice(1).join("\n"),
    spans: () =>
      lines
        .slice(1)
        .map((line) => JSON.parse(line))
        .filter(({ path }) => path === "/v1/traces")
        .flatMap(({ body }) => body.resourceSpans)
        .flatMap(({ scopeSpans }) => scopeSpans)
        .flatMap(({ spans }) => spans)
        .map((span) => ({ ...span, attributes: toAttributes(span.attributes) })),
    async [Symbol.asyncDispose]() {
      const ended = exitOf(child);
      child.kill();
      await ended;
    },
  };
}

function toAttributes(list: readonly { readonly key: string; readonly value: object }[]): object {
  return Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]));
}
