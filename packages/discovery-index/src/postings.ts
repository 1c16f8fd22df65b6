/** Where one term occurs: document ordinals, ascending, and beside each the term's saturated weight there. */
export interface Postings {
  readonly docs: number[];
  readonly impacts: number[];
}

export function createPostings(): Postings {
  return { docs: [], impacts: [] };
}

/** Adds a document; ordinals must come in ascending order. */
export function appendPosting({ docs, impacts }: Postings, doc: number, impact: number): void {
  docs.push(doc);
  impacts.push(impact);
}

/** Takes a document out, if it is there. */
export function removePosting(postings: Postings, doc: number): void {
  const at = findPosting(postings, doc);
  if (at < 0) return;
  postings.docs.splice(at, 1);
  postings.impacts.splice(at, 1);
}

/** Where a document stands in the postings, by bisection; -1 if it does not. */
export function findPosting({ docs }: Postings, doc: number): number {
  let low = 0;
  let high = docs.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const at = docs[middle] as number;
    if (at === doc) return middle;
    if (at < doc) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
