/** Where one term occurs: document ordinals, ascending, and the term's saturated weight in each. */
export interface Postings {
  docs: Int32Array;
  impacts: Float32Array;
  length: number;
}

export function createPostings(): Postings {
  return { docs: new Int32Array(2), impacts: new Float32Array(2), length: 0 };
}

/** Adds a document; ordinals must come in ascending order. */
export function appendPosting(postings: Postings, doc: number, impact: number): void {
  if (postings.length === postings.docs.length) {
    const size = postings.length < 8 ? postings.length * 2 : Math.ceil(postings.length * 1.5);
    const docs = new Int32Array(size);
    docs.set(postings.docs);
    const impacts = new Float32Array(size);
    impacts.set(postings.impacts);
    postings.docs = docs;
    postings.impacts = impacts;
  }
  postings.docs[postings.length] = doc;
  postings.impacts[postings.length] = impact;
  postings.length++;
}

/** Takes a document out, if it is there. */
export function removePosting(postings: Postings, doc: number): void {
  let low = 0;
  let high = postings.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const at = postings.docs[middle] as number;
    if (at === doc) {
      postings.docs.copyWithin(middle, middle + 1, postings.length);
      postings.impacts.copyWithin(middle, middle + 1, postings.length);
      postings.length--;
      return;
    }
    if (at < doc) low = middle + 1;
    else high = middle - 1;
  }
}
