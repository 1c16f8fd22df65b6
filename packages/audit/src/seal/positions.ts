/** Positions of records as runs: `[first, last]`, both of them in it, ascending and apart. */
export type Runs = readonly (readonly [first: number, last: number])[];

/** @param positions ascending. */
export function toRuns(positions: readonly number[]): Runs {
  const runs: [number, number][] = [];
  for (const position of positions) {
    const run = runs.at(-1);
    if (run !== undefined && position === run[1] + 1) run[1] = position;
    else runs.push([position, position]);
  }
  return runs;
}

/** As text: `3-17,21`. */
export function runsToText(runs: Runs): string {
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

/** @returns nothing for a text that {@link runsToText} would not write. */
export function runsFromText(text: string): Runs | undefined {
  const runs: [number, number][] = [];
  for (const part of text.split(",")) {
    const [, first, last = first] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(part) ?? [];
    const run: [number, number] = [Number(first), Number(last)];
    if (!(run[0] <= run[1]) || run[0] <= (runs.at(-1)?.[1] ?? -1)) return undefined;
    runs.push(run);
  }
  return runs;
}

export function countRuns(runs: Runs): number {
  return runs.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** All of them in order, those that touch or overlap as one. */
export function mergeRuns(runs: Runs): Runs {
  const merged: [number, number][] = [];
  for (const [first, last] of runs.toSorted((left, right) => left[0] - right[0])) {
    const run = merged.at(-1);
    if (run !== undefined && first <= run[1] + 1) run[1] = Math.max(run[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

/** The first position of `runs` that none of `merged` holds. */
export function firstOutside(runs: Runs, merged: Runs): number | undefined {
  let at = 0;
  for (const [first, last] of runs.toSorted((left, right) => left[0] - right[0])) {
    while ((merged[at]?.[1] ?? Number.POSITIVE_INFINITY) < first) at += 1;
    const cover = merged[at];
    if (cover === undefined || cover[0] > first) return first;
    if (cover[1] < last) return cover[1] + 1;
  }
  return undefined;
}
