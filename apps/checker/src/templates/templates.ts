import { AIR_GAPPED } from "./air-gapped.ts";
import { DEV } from "./dev.ts";
import { FEDERATED } from "./federated.ts";
import { HELLO } from "./hello.ts";
import { MULTI_TENANT } from "./multi-tenant.ts";
import { PRODUCTION_POSTGRES, PRODUCTION_SQLITE } from "./production.ts";

/** Starting configurations by name, with what each is for. All of them pass a strict check as they are. */
export const TEMPLATES: {
  readonly [name: string]: { readonly about: string; readonly text: string };
} = {
  hello: { about: "one capability, one process, nothing outside", text: HELLO },
  dev: { about: "your own machine, over stdio", text: DEV },
  "production-sqlite": { about: "one machine, signed-in callers", text: PRODUCTION_SQLITE },
  "production-postgres": { about: "replicas on one database", text: PRODUCTION_POSTGRES },
  "multi-tenant": { about: "several tenants behind one gateway", text: MULTI_TENANT },
  "air-gapped": { about: "a machine without a network", text: AIR_GAPPED },
  federated: { about: "many MCP servers behind one", text: FEDERATED },
};
