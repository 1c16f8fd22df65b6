/**
 * The configuration that runs, behind one reference.
 *
 * It owns which revision is current, and those that were replaced while calls that began on them still run. Whatever
 * depends on the configuration is reached through here at the moment of its use, and nothing else keeps a part of it.
 * - L1 A call sees one revision from its beginning to its end, whatever is swapped meanwhile.
 * - L2 A swap is one assignment: nobody sees definitions of one revision with guards, roles or limits of another.
 * - L3 What a swap took away can be reached until the last call that began before it has ended.
 */
import type {
  ConnectionDirectory,
  ConnectionIr,
  Executor,
  GatewayPlan,
  JsonObject,
  LimitsIr,
} from "@mcp-flowgate/core";
import type { Revision } from "./revision.ts";

export interface Live {
  /** The configuration of the current revision; before there is one, the first. */
  plan(): GatewayPlan;
  current(): Revision;
  /** The current revision, kept whole until `leave`. */
  enter(): { readonly revision: Revision; readonly leave: () => void };
  /** Puts a revision in the place of the current one. */
  swap(next: Revision): void;
  /** The connections of the current revision, and those of replaced ones that still have calls. */
  readonly directory: ConnectionDirectory;
  /** Always those of the current revision. */
  readonly limits: LimitsIr;
  /** Always the identity and limits of the current revision. */
  readonly settings: { readonly identity: readonly JsonObject[]; readonly limits: LimitsIr };
  /** Sends each call to the revision that has its connection. */
  readonly mcp: Executor;
}

/** @param onRetired The last call of a replaced revision has ended. */
export function createLive(first: GatewayPlan, onRetired: () => void): Live & { begin(it: Revision): void } {
  let current: Revision | undefined;
  const calls = new Map<Revision, number>();
  /** Newest first. */
  let replaced: readonly Revision[] = [];
  const now = (): Revision => {
    if (current === undefined) throw new Error("nothing runs yet");
    return current;
  };
  const planNow = (): GatewayPlan => current?.plan ?? first;
  const limits = new Proxy({} as LimitsIr, {
    get: (_, key) => Reflect.get(planNow().limits, key) as unknown,
  });
  const retire = (revision: Revision): void => {
    if (!replaced.includes(revision) || calls.has(revision)) return;
    replaced = replaced.filter((other) => other !== revision);
    onRetired();
  };
  return {
    begin(it) {
      current = it;
    },
    plan: planNow,
    current: now,
    enter() {
      const revision = now();
      calls.set(revision, (calls.get(revision) ?? 0) + 1);
      return {
        revision,
        leave() {
          const left = (calls.get(revision) ?? 0) - 1;
          if (left > 0) calls.set(revision, left);
          else calls.delete(revision);
          retire(revision);
        },
      };
    },
    swap(next) {
      const before = now();
      current = next;
      replaced = [before, ...replaced];
      retire(before);
    },
    directory: {
      get(name) {
        for (const { connections } of [planNow(), ...replaced.map(({ plan }) => plan)]) {
          const found = own(connections, name);
          if (found !== undefined) return found;
        }
        return undefined;
      },
    },
    limits,
    settings: {
      get identity() {
        return planNow().identity;
      },
      limits,
    },
    mcp: {
      kind: "mcp",
      execute(call, context) {
        const name = call.kind === "mcp" ? call.connection : "";
        const has = ({ plan }: Revision): boolean => own(plan.connections, name) !== undefined;
        return ([now(), ...replaced].find(has) ?? now()).mcp.execute(call, context);
      },
    },
  };
}

function own(connections: GatewayPlan["connections"], name: string): ConnectionIr | undefined {
  return Object.hasOwn(connections, name) ? connections[name] : undefined;
}
