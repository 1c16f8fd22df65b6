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
export function removePosting({ docs, impacts }: Postings, doc: number): void {
  let low = 0;
  let high = docs.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const at = docs[middle] as number;
    if (at === doc) {
      docs.splice(middle, 1);
      impacts.splice(middle, 1);
      return;
    }
    if (at < doc) low = middle + 1;
    else high = middle - 1;
  }
}
