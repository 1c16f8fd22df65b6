import type { LabelledQuery } from "./eval-sets.ts";

const PLACES = 5;

/**
 * nDCG@5 of one answer. With grades: gain 2^grade - 1. Otherwise every group is worth 1 to the first of its members in
 * the answer, and the ideal answer satisfies a group at each place.
 */
export function ndcgAt5(query: LabelledQuery, ids: readonly string[]): number {
  if (query.grades !== undefined) {
    const { grades } = query;
    const gains = ids.slice(0, PLACES).map((id) => 2 ** (grades[id] ?? 0) - 1);
    const ideal = Object.values(grades).map((grade) => 2 ** grade - 1);
    return discounted(gains) / discounted(ideal.sort((left, right) => right - left).slice(0, PLACES));
  }
  const open = new Set(groupsOf(query));
  const gains = ids.slice(0, PLACES).map((id) => {
    const satisfied = [...open].find((group) => group.includes(id));
    return satisfied !== undefined && open.delete(satisfied) ? 1 : 0;
  });
  return (
    discounted(gains) /
    discounted(
      groupsOf(query)
        .slice(0, PLACES)
        .map(() => 1),
    )
  );
}

/** The share of the groups that one of the first five ids satisfies. */
export function recallAt5(query: LabelledQuery, ids: readonly string[]): number {
  const top = new Set(ids.slice(0, PLACES));
  const groups = groupsOf(query);
  return groups.filter((group) => group.some((id) => top.has(id))).length / groups.length;
}

function groupsOf(query: LabelledQuery): readonly (readonly string[])[] {
  return query.groups ?? query.relevant.map((id) => [id]);
}

function discounted(gains: readonly number[]): number {
  return gains.reduce((sum, gain, place) => sum + gain / Math.log2(place + 2), 0);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The 95 % interval of the mean difference of paired values, by 2,000 resamples from a fixed seed. */
export function pairedBootstrap(
  ours: readonly number[],
  theirs: readonly number[],
): { low: number; high: number } {
  const differences = ours.map((value, at) => value - (theirs[at] ?? 0));
  const random = mulberry32(20_251_120);
  const means = Array.from({ length: 2_000 }, () => {
    let sum = 0;
    for (let draw = 0; draw < differences.length; draw++) {
      sum += differences[Math.floor(random() * differences.length)] ?? 0;
    }
    return sum / differences.length;
  }).sort((left, right) => left - right);
  return { low: means[49] ?? 0, high: means[1_949] ?? 0 };
}

/** T. Ettinger's mulberry32 generator: small, seeded, good enough to resample with. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
