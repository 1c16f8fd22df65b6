import { createHmac } from "node:crypto";
import { createRemoteSink } from "./remote.ts";
import type { RemoteSinkOptions } from "./remote.ts";
import type { Sink, SinkContext } from "./sink.ts";

export interface WebhookSinkOptions extends Pick<
  RemoteSinkOptions,
  "background" | "attempts" | "maxPending" | "closeMs"
> {
  readonly url: string;
  /** Signs every request. `whsec_…` is decoded from base64, anything else is taken as text. */
  readonly secret: string;
  readonly headers: { readonly [name: string]: string };
  readonly timeoutMs: number;
}

/**
 * Posts records as `{ "type": "audit.records", "timestamp", "data": { "records": […] } }`, signed by the Standard
 * Webhooks specification: `webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over
 * `<webhook-id>.<webhook-timestamp>.<body>`. A repeated request has the same id, signature and body.
 */
export function createWebhookSink(context: SinkContext, options: WebhookSinkOptions): Sink {
  const key = toKey(options.secret);
  return createRemoteSink(context, {
    ...options,
    kind: "webhook",
    target: new URL(options.url).origin,
    toRequest(lines) {
      const now = context.clock.now();
      const records = lines.map(({ line }) => line.slice(0, -1)).join(",");
      const body = `{"type":"audit.records","timestamp":"${new Date(now).toISOString()}","data":{"records":[${records}]}}`;
      const id = lines[0]?.id ?? "";
      const seconds = Math.floor(now / 1000);
      const signature = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
      return {
        url: options.url,
        timeoutMs: options.timeoutMs,
        body,
        headers: {
          ...options.headers,
          "webhook-id": id,
          "webhook-timestamp": String(seconds),
          "webhook-signature": `v1,${signature}`,
        },
      };
    },
  });
}

function toKey(secret: string): Buffer {
  return secret.startsWith("whsec_") ? Buffer.from(secret.slice(6), "base64") : Buffer.from(secret, "utf8");
}
