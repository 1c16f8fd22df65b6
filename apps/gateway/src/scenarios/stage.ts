import type { Mocks } from "@mcp-flowgate/config-compiler";
import type { AuditDraft, Digest, GatewayPlan, IdPrefix, Ids, Log } from "@mcp-flowgate/core";
import { createSchemas } from "@mcp-flowgate/json-schema";
import { createMemoryStore } from "@mcp-flowgate/store-memory";
import { createEngine, type Engine } from "@mcp-flowgate/workflow-engine";
import { createCatalogue, type Catalogue } from "../catalogue/catalogue.ts";
import { createViews } from "../catalogue/views.ts";
import { createSurface, type Surface } from "../surface/surface.ts";
import { NAME, VERSION } from "../version.ts";
import { createMockedCalls, type MockedCalls } from "./mock-executors.ts";
import { toListedTools } from "./mocked-tools.ts";
import { createVirtualClock, settled, type VirtualClock } from "./virtual-clock.ts";

/** A gateway for one scenario: its engine and its seven tools are the real ones, time and the outside are not. */
export interface Stage {
  readonly plan: GatewayPlan;
  readonly engine: Engine;
  readonly surface: Surface;
  readonly clock: VirtualClock;
  readonly calls: MockedCalls;
  /** Every audit event so far. */
  readonly events: readonly AuditDraft[];
  /** Does what is due now, and what follows from it. */
  settle(): Promise<void>;
  /** Lets time go on, and does what falls due meanwhile, when it does. */
  advance(ms: number): Promise<void>;
}

export interface StageOptions {
  readonly plan: GatewayPlan;
  readonly mocks: Mocks;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly digest: Digest;
}

/** What is due and cannot be done is looked at again as a gateway would, but not for ever. */
const MAX_LOOKS = 100;
const LOOK_AGAIN_MS = 1000;

export function createStage({ plan, mocks, at, digest }: StageOptions): Stage {
  const clock = createVirtualClock(at);
  const events: AuditDraft[] = [];
  const store = createMemoryStore({
    clock,
    audit: {
      append: async (drafts) => {
        events.push(...drafts);
      },
    },
  });
  const catalogue = createCatalogue(plan, digest);
  listTools(catalogue, plan, mocks);
  const calls = createMockedCalls(mocks, () => clock.now());
  const mcp = calls.executors.get("mcp");
  if (mcp === undefined) throw new Error("there is no executor for MCP servers");
  const schemas = createSchemas();
  const ids = createCountedIds();
  const engine = createEngine({
    store,
    executors: calls.executors,
    definitions: {
      current: (id) => catalogue.definition(id),
      byHash: (hash) => catalogue.definitionByHash(hash),
    },
    clock,
    ids,
    digest,
    schemas,
    limits: plan.limits,
    log: QUIET,
  });
  const revision = {
    catalogue,
    viewOf: createViews(catalogue, plan.discovery.visibility),
    limits: plan.limits,
    gateway: { name: plan.server.name ?? NAME, version: VERSION, id: "scenario" },
  };
  const surface = createSurface({
    engine,
    mcp,
    enter: () => ({ revision, leave: () => undefined }),
    toolNames: "dotted",
    schemas,
    ids,
    log: QUIET,
    settled: Promise.resolve(),
  });

  const settle = async (): Promise<void> => {
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      await settled();
      if ((await clock.while(engine.sweep())) === 0) return;
    }
  };
  return {
    plan,
    engine,
    surface,
    clock,
    calls,
    events,
    settle,
    async advance(ms) {
      const until = clock.now() + ms;
      for (let idle = 0; idle < MAX_LOOKS;) {
        await settle();
        const dueAt = await store.nextDueAt();
        const isStuck = dueAt !== undefined && dueAt <= clock.now();
        idle = isStuck ? idle + 1 : 0;
        const again = isStuck ? clock.now() + LOOK_AGAIN_MS : (dueAt ?? until);
        const next = Math.min(again, clock.next() ?? until, until);
        await clock.goTo(next);
        if (next === until) break;
      }
      await clock.goTo(until);
      await settle();
    },
  };
}

/** Imported servers list the tools that the mocks say they have. */
function listTools(catalogue: Catalogue, plan: GatewayPlan, mocks: Mocks): void {
  for (const [index, entry] of plan.imports.entries()) {
    const tools = toListedTools(mocks, entry.connection);
    if (tools.length > 0) catalogue.setListed(index, tools);
  }
}

/** The same ids in every run, so that reports can be compared. */
function createCountedIds(): Ids {
  const counts = new Map<IdPrefix, number>();
  return {
    next(prefix) {
      const count = (counts.get(prefix) ?? 0) + 1;
      counts.set(prefix, count);
      return `${prefix}_${count}`;
    },
    random: () => 0.5,
  };
}

const silent = (): void => undefined;
const QUIET: Log = { debug: silent, info: silent, warn: silent, error: silent };
