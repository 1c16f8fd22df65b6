import type { Clock, GatewayPlan, Ids } from "@mcp-flowgate/core";
import { homeMark, type Gateways } from "./gateways.ts";

/**
 * Notices that what other gateways offer has changed: they have no notice to send, their own tools never change.
 *
 * Each is asked for its home page once a minute, or as often as its connection's `healthCheckMs` says; where that
 * differs from the one before the last listing, the gateway is listed again. A change that a home page does not show
 * (a schema, a guard) is found by a listing at every fifteenth question.
 */
export interface GatewayWatch {
  /** A gateway was listed. `mark` is that of its home page before. */
  listed(connection: string, mark: string): void;
  stop(): void;
}

const EVERY_MS = 60_000;
const ASK_MS = 30_000;
const LISTED_EACH = 15;

export function createGatewayWatch(options: {
  readonly plan: GatewayPlan;
  readonly gateways: Gateways;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly relist: (connection: string) => void;
}): GatewayWatch {
  const { plan, gateways, clock, ids } = options;
  const marks = new Map<string, string>();
  const next = new Map<string, () => void>();
  let stopped = false;

  const arm = (connection: string, asked: number): void => {
    if (stopped) return;
    const configured = plan.connections[connection];
    const every = (configured?.kind === "mcp" ? configured.healthCheckMs : undefined) ?? EVERY_MS;
    const cancel = clock.schedule(every * (0.75 + ids.random() / 2), () => void look(connection, asked + 1));
    next.get(connection)?.();
    next.set(connection, cancel);
  };
  const look = async (connection: string, asked: number): Promise<void> => {
    const signal = AbortSignal.timeout(ASK_MS);
    const home = await gateways.call(connection, "gateway.home", {}, { signal, asSelf: true });
    if (stopped) return;
    const changed = home.ok && homeMark(home.value) !== marks.get(connection);
    const due = asked % LISTED_EACH === 0;
    arm(connection, asked);
    if (home.ok && (changed || due)) options.relist(connection);
  };
  return {
    listed(connection, mark) {
      marks.set(connection, mark);
      if (!next.has(connection)) arm(connection, 0);
    },
    stop() {
      stopped = true;
      for (const cancel of next.values()) cancel();
    },
  };
}
