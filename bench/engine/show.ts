import type { StoreKind } from "./open-store.ts";
import type { Measured, Round } from "./side.ts";

/** What one side did in all its rounds of a kind. */
export interface Shown {
  readonly kind: StoreKind;
  /** Empty for this checkout. */
  readonly name: string;
  readonly round: Round;
  /** How often a second the disk flushed before each round. */
  readonly flushes: readonly number[];
  readonly parts: readonly Measured[];
}

/** The bars of the design, on two cores that are otherwise idle, at 4 ms a flush. */
const BARS: Readonly<Record<StoreKind, { readonly clients: number; readonly perSecond: number }>> = {
  memory: { clients: 32, perSecond: 30_000 },
  sqlite: { clients: 16, perSecond: 1600 },
  postgres: { clients: 32, perSecond: 900 },
};

export function described(shown: Shown): string {
  const { kind, name, round } = shown;
  const { transition, clients } = round;
  const { perSecond, micros, p50, p99 } = figuresOf(shown);
  const parts = [
    `${kind.padEnd(9)} ${transition === "effect" ? "with an effect" : "without       "}  ${String(clients).padStart(2)} clients`,
    `${perSecond.toFixed(0).padStart(6)} submits/s`,
    `${micros.toFixed(0).padStart(5)} µs of CPU`,
    `p50 ${p50.toFixed(2)} ms`,
    `p99 ${p99.toFixed(2)} ms`,
  ];
  if (shown.flushes.length > 0) {
    const rate = mean(shown.flushes);
    parts.push(`fdatasync ${rate.toFixed(0)}/s, ${(1000 / rate).toFixed(2)} ms`);
    if (clients === 1 && transition === "effect")
      parts.push(`beyond two flushes p50 ${(p50 - 2000 / rate).toFixed(2)} ms (bar 3 ms)`);
  }
  const bar = BARS[kind];
  if (transition === "effect" && bar.clients === clients) parts.push(`(bar ${bar.perSecond})`);
  if (name !== "") parts.push(name);
  return parts.join("   ");
}

/** How much quicker and cheaper the first is. */
export function compared(own: Shown, other: Shown): string {
  const [after, before] = [figuresOf(own), figuresOf(other)];
  const faster = (after.perSecond / before.perSecond).toFixed(2);
  const cheaper = (before.micros / after.micros).toFixed(2);
  return `${" ".repeat(10)}× ${faster} submits/s   CPU of a submit ÷ ${cheaper}`;
}

function figuresOf({ parts }: Shown): {
  readonly perSecond: number;
  readonly micros: number;
  readonly p50: number;
  readonly p99: number;
} {
  const times = parts.flatMap((part) => part.times).sort((left, right) => left - right);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
  const sum = (of: (part: Measured) => number): number => parts.reduce((total, part) => total + of(part), 0);
  return {
    perSecond: times.length / sum(({ seconds }) => seconds),
    micros: sum(({ cpuMicros }) => cpuMicros) / times.length,
    p50: at(0.5),
    p99: at(0.99),
  };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
