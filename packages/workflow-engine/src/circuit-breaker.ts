import type { ReliabilityIr } from "@mcp-flowgate/core";

/**
 * Owns which executors are left alone for a while, in this process. One circuit per step and candidate.
 *
 * B1 It opens when `failures` failures fall within `windowMs`, and stays open for `openMs`.
 * B2 After that one attempt is let through: its success closes the circuit, its failure opens it again.
 */
export interface CircuitBreakers {
  /** Whether an attempt may be made now. */
  admits(name: string, policy: BreakerPolicy, now: number): boolean;
  /** Notes how an attempt went, and whether that changed the circuit. */
  note(name: string, policy: BreakerPolicy, now: number, failed: boolean): "opened" | "closed" | undefined;
}

export type BreakerPolicy = NonNullable<ReliabilityIr["circuitBreaker"]>;

interface Circuit {
  failures: number[];
  openUntil: number | undefined;
  trying: boolean;
}

/** Circuits kept; those that were made first go first. */
const MAX_CIRCUITS = 10_000;

export function createCircuitBreakers(): CircuitBreakers {
  const circuits = new Map<string, Circuit>();
  return {
    admits(name, _policy, now) {
      const circuit = circuits.get(name);
      if (circuit?.openUntil === undefined) return true;
      if (now < circuit.openUntil || circuit.trying) return false;
      circuit.trying = true;
      return true;
    },
    note(name, policy, now, failed) {
      const circuit = circuits.get(name) ?? { failures: [], openUntil: undefined, trying: false };
      const wasOpen = circuit.openUntil !== undefined;
      circuit.trying = false;
      if (!failed) {
        circuits.delete(name);
        return wasOpen ? "closed" : undefined;
      }
      circuit.failures = [...circuit.failures.filter((at) => at > now - policy.windowMs), now];
      if (wasOpen || circuit.failures.length >= policy.failures) {
        circuit.openUntil = now + policy.openMs;
        circuit.failures = [];
      }
      if (!circuits.has(name) && circuits.size >= MAX_CIRCUITS)
        circuits.delete(circuits.keys().next().value ?? "");
      circuits.set(name, circuit);
      return circuit.openUntil !== undefined && !wasOpen ? "opened" : undefined;
    },
  };
}
