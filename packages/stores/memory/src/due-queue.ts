/** What is due when: a binary heap whose entries are dropped lazily, when they come up and are no longer current. */
export interface DueQueue {
  push(dueAt: number, id: string): void;
  /** Ids of live entries due at `now`, earliest first, at most `limit`. They stay queued until they are gone. */
  due(now: number, limit: number, look: Look): readonly string[];
  /** The time of the first live entry. */
  nextAt(look: Look): number | undefined;
}

/** What has become of an entry: `gone` for good, `held` back for now, or `live`. */
export type Look = (id: string, dueAt: number) => "gone" | "held" | "live";

interface Entry {
  readonly dueAt: number;
  readonly id: string;
}

export function createDueQueue(): DueQueue {
  return new HeapQueue();
}

class HeapQueue implements DueQueue {
  readonly #heap: Entry[] = [];

  push(dueAt: number, id: string): void {
    const heap = this.#heap;
    let at = heap.push({ dueAt, id }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.dueAt <= heap[at]!.dueAt) return;
      [heap[parent], heap[at]] = [heap[at]!, heap[parent]!];
      at = parent;
    }
  }

  due(now: number, limit: number, look: Look): readonly string[] {
    const kept: Entry[] = [];
    const found: string[] = [];
    while (found.length < limit) {
      const first = this.#heap[0];
      if (first === undefined || first.dueAt > now) break;
      this.#pop();
      const state = look(first.id, first.dueAt);
      if (state === "gone") continue;
      kept.push(first);
      if (state === "live") found.push(first.id);
    }
    for (const entry of kept) this.push(entry.dueAt, entry.id);
    return found;
  }

  nextAt(look: Look): number | undefined {
    const held: Entry[] = [];
    let at: number | undefined;
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      const state = look(first.id, first.dueAt);
      if (state === "live") {
        at = first.dueAt;
        break;
      }
      this.#pop();
      if (state === "held") held.push(first);
    }
    for (const entry of held) this.push(entry.dueAt, entry.id);
    return at;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      let least = at;
      if (left < heap.length && heap[left]!.dueAt < heap[least]!.dueAt) least = left;
      if (left + 1 < heap.length && heap[left + 1]!.dueAt < heap[least]!.dueAt) least = left + 1;
      if (least === at) return;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  }
}
