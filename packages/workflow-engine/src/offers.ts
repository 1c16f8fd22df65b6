import type { StateIr, TransitionIr } from "@mcp-flowgate/core";

/** What a state lets whom do: read at every step of every instance in it, and worked out once for each state. */
export interface Offers {
  /** By their names, in declaration order. */
  readonly agent: readonly NamedTransition[];
  readonly deterministic: readonly NamedTransition[];
  /** Names. */
  readonly human: readonly string[];
  readonly system: boolean;
  /** The name of the first transition, whoever takes it. */
  readonly first: string | undefined;
}

export type NamedTransition = readonly [name: string, transition: TransitionIr];

const known = new WeakMap<StateIr, Offers>();

export function offersOf(state: StateIr): Offers {
  let offers = known.get(state);
  if (offers === undefined) known.set(state, (offers = readOffers(state)));
  return offers;
}

function readOffers(state: StateIr): Offers {
  const all = Object.entries(state.transitions);
  const of = (actor: TransitionIr["actor"]): readonly NamedTransition[] =>
    all.filter(([, transition]) => transition.actor === actor);
  return {
    agent: of("agent"),
    deterministic: of("deterministic"),
    human: of("human").map(([name]) => name),
    system: of("system").length > 0,
    first: all[0]?.[0],
  };
}
