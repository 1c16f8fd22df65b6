import { compareIds } from "./compare-ids.ts";
import { foldName } from "./fold-name.ts";

/** How many ids are compared letter by letter, after the quick look at all of them. */
const SHORTLIST = 48;
const MAX_LENGTH = 256;
/** Below this likeness an id is no help. */
const LEAST = 0.25;
/** Slots of the trigram table; collisions only lengthen the short list. */
const SLOTS = 1 << 14;

/**
 * The ids most like an unknown one, best first, at most `count`, ties by id: for the answer to a mistyped,
 * reordered (`issue_create`), shortened or wrongly prefixed id. Compared are edit distance, shared trigrams, shared
 * segments in any order, and prefixes. Linear in the number of ids; nothing that is alike means an empty list.
 */
export function nearestIds(ids: Iterable<string>, unknown: string, count: number = 3): string[] {
  const asked = shape(unknown.slice(0, MAX_LENGTH));
  if (asked.folded === "" || count <= 0) return [];
  const table = new Uint8Array(SLOTS);
  for (const slot of trigramSlots(asked.folded)) table[slot] = 1;
  const shortlist = createShortlist(SHORTLIST);
  for (const id of ids) shortlist.offer(id, roughLikeness(foldName(id), asked.folded.length, table));
  return shortlist
    .taken()
    .map((id) => ({ id, likeness: likeness(shape(id), asked) }))
    .filter((candidate) => candidate.likeness >= LEAST)
    .sort((left, right) => right.likeness - left.likeness || compareIds(left.id, right.id))
    .slice(0, count)
    .map((candidate) => candidate.id);
}

interface IdShape {
  readonly folded: string;
  /** What follows the last `.`, `/` or `:`: the name without the prefix of its server. */
  readonly bare: string;
  readonly segments: readonly string[];
}

function shape(id: string): IdShape {
  const normal = id.normalize("NFKC");
  const segments = normal
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[\s_\-./:]+/u)
    .filter((segment) => segment !== "");
  return { folded: segments.join(""), bare: foldName(normal.split(/[./:]/).at(-1) ?? ""), segments };
}

function trigramSlots(folded: string): number[] {
  const slots: number[] = [];
  let before = 1;
  let previous = 2;
  for (let at = 0; at <= folded.length; at++) {
    const unit = at < folded.length ? folded.charCodeAt(at) : 3;
    slots.push(slotOf(before, previous, unit));
    before = previous;
    previous = unit;
  }
  return slots;
}

function slotOf(first: number, second: number, third: number): number {
  return (Math.imul(Math.imul(first, 31) + second, 131) + third) & (SLOTS - 1);
}

/** Dice over hashed trigrams, without allocating: this runs once for every id there is. */
function roughLikeness(folded: string, askedLength: number, table: Uint8Array): number {
  let before = 1;
  let previous = 2;
  let shared = 0;
  for (let at = 0; at <= folded.length; at++) {
    const unit = at < folded.length ? folded.charCodeAt(at) : 3;
    shared += table[slotOf(before, previous, unit)] as number;
    before = previous;
    previous = unit;
  }
  const whole = (2 * shared) / (folded.length + askedLength + 2);
  // The asked id can be the bare name of a prefixed one.
  return Math.max(whole, (0.85 * shared) / (askedLength + 1));
}

function likeness(id: IdShape, asked: IdShape): number {
  const edits = nearness(id.folded, asked.folded);
  const bare = Math.max(nearness(id.bare, asked.folded), nearness(id.bare, asked.bare)) - 0.1;
  const segments = sharedSegments(id.segments, asked.segments);
  const starts = id.folded.startsWith(asked.folded) || asked.folded.startsWith(id.folded) ? 0.15 : 0;
  const ends = id.folded.endsWith(asked.folded) || asked.folded.endsWith(id.folded) ? 0.15 : 0;
  return Math.max(edits, bare, 0.95 * segments) + 0.25 * Math.min(edits, segments) + starts + ends;
}

/** One minus the edit distance as a share of the longer text. */
function nearness(left: string, right: string): number {
  return 1 - editDistance(left, right) / Math.max(left.length, right.length, 1);
}

/** Dice over segments, a near spelling counting for its likeness. */
function sharedSegments(left: readonly string[], right: readonly string[]): number {
  return (2 * Math.min(foundIn(left, right), foundIn(right, left))) / (left.length + right.length);
}

function foundIn(segments: readonly string[], others: readonly string[]): number {
  let found = 0;
  for (const segment of segments.slice(0, 12)) {
    let best = 0;
    for (const other of others.slice(0, 12)) best = Math.max(best, nearness(segment, other));
    if (best >= 0.6) found += best;
  }
  return found;
}

/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours cost one each. */
function editDistance(left: string, right: string): number {
  let older: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(
        (previous[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (previous[column - 1] as number) + (same ? 0 : 1),
      );
      if (
        row > 1 &&
        column > 1 &&
        left[row - 1] === right[column - 2] &&
        left[row - 2] === right[column - 1]
      ) {
        cost = Math.min(cost, (older[column - 2] as number) + 1);
      }
      current.push(cost);
    }
    older = previous;
    previous = current;
  }
  return previous[right.length] as number;
}

/** Keeps the best few ids: higher likeness first, then the id, whatever order they come in. */
function createShortlist(size: number): { offer(id: string, score: number): void; taken(): string[] } {
  let held: { id: string; score: number }[] = [];
  let bar = 0;
  const settle = (): void => {
    held.sort((left, right) => right.score - left.score || compareIds(left.id, right.id));
    held = held.slice(0, size);
    if (held.length === size) bar = held[size - 1]?.score ?? 0;
  };
  return {
    offer: (id, score) => {
      if (score <= 0 || score < bar) return;
      held.push({ id, score });
      if (held.length >= size * 4) settle();
    },
    taken: () => {
      settle();
      return held.map(({ id }) => id);
    },
  };
}
