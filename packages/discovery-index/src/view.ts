import type { SearchableIndex } from "./catalogue-index.ts";
import type { Term } from "./vocabulary.ts";

/**
 * A part of an index that answers as if there were nothing else: sizes and frequencies are those of the part, and words
 * that only others have are unknown. So what is left out shows neither in an answer nor in an order or a score.
 */
export interface View {
  readonly index: SearchableIndex;
  /** How many entries it holds. */
  readonly size: number;
  /** By ordinal, 1 for what it holds; undefined when it holds everything. */
  readonly mask: Uint8Array | undefined;
  /** In how many of its entries a term occurs. */
  frequency(term: Term): number;
  /** The term of this key, if it occurs in one of its entries. */
  term(key: string): Term | undefined;
}

/** A view for each `visible` that was asked with, until the index changes: making one looks at every entry. */
const views = new WeakMap<(id: string) => boolean, { readonly revision: number; readonly view: View }>();

/** The view of what `visible` lets through, or of everything. */
export function viewOf(index: SearchableIndex, visible: ((id: string) => boolean) | undefined): View {
  if (visible === undefined) return wholeOf(index);
  const known = views.get(visible);
  if (known !== undefined && known.view.index === index && known.revision === index.revision)
    return known.view;
  const view = partOf(index, visible);
  views.set(visible, { revision: index.revision, view });
  return view;
}

/** BM25's inverse document frequency, never negative. */
export function inverseFrequency(view: View, documents: number): number {
  return Math.log(1 + (view.size - documents + 0.5) / (documents + 0.5));
}

function wholeOf(index: SearchableIndex): View {
  return {
    index,
    size: index.size,
    mask: undefined,
    frequency: ({ postings }) => postings.docs.length,
    term: (key) => index.vocabulary.get(key),
  };
}

function partOf(index: SearchableIndex, visible: (id: string) => boolean): View {
  const mask = new Uint8Array(index.capacity);
  let size = 0;
  for (let ordinal = 0; ordinal < mask.length; ordinal++) {
    const document = index.document(ordinal);
    if (document === undefined || !visible(document.id)) continue;
    mask[ordinal] = 1;
    size++;
  }
  if (size === index.size) return wholeOf(index);
  const frequencies = new Map<Term, number>();
  const frequency = (term: Term): number => {
    let count = frequencies.get(term);
    if (count === undefined) {
      count = 0;
      for (const doc of term.postings.docs) count += mask[doc] as number;
      frequencies.set(term, count);
    }
    return count;
  };
  return {
    index,
    size,
    mask,
    frequency,
    term: (key) => {
      const term = index.vocabulary.get(key);
      return term === undefined || frequency(term) === 0 ? undefined : term;
    },
  };
}
