import type { GatewayPlan } from "@mcp-flowgate/core";
import type { OutboundFetch } from "@mcp-flowgate/outbound";
import { systemClock } from "../host/clock.ts";
import { systemDigest } from "../host/ids.ts";
import type { HostLog } from "../host/log.ts";
import { createHttpEmbedder } from "./embedder.ts";
import { createSemanticSearch, type SemanticSearch } from "./semantic-search.ts";

/** Search by meaning, where the configuration names a service for it. */
export function openSemantic(
  plan: GatewayPlan,
  outbound: OutboundFetch,
  log: HostLog,
): SemanticSearch | undefined {
  const settings = plan.discovery.embeddings;
  if (settings === undefined) return undefined;
  return createSemanticSearch({
    settings,
    embedder: createHttpEmbedder(settings, outbound.fetch),
    file: settings.cache ?? besideStore(plan, "vectors"),
    clock: systemClock,
    digest: systemDigest,
    log,
  });
}

/** A file of its own beside a store that is a file; what it holds may be lost without harm. */
export function besideStore({ store }: GatewayPlan, suffix: string): string | undefined {
  return store.kind === "sqlite" && store.path !== undefined ? `${store.path}.${suffix}` : undefined;
}
