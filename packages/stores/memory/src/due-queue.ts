/** What is due when: a binary heap whose entries are dropped lazily, when they come up and are no longer current. */
export interface DueQueue {
  push(dueAt: number, id: string): void;
  /** Ids of entries due at `now`, earliest first, at most `limit`. They stay queued until they stop being current. */
  due(now: number, limit: number, isCurrent: (id: string, dueAt: number) => boolean): readonly string[];
  nextAt(isCurrent: (id: string, dueAt: number) => boolean): number | undefined;
}

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

  due(now: number, limit: number, isCurrent: (id: string, dueAt: number) => boolean): readonly string[] {
    const found: Entry[] = [];
    while (found.length < limit) {
      const first = this.#heap[0];
      if (first === undefined || first.dueAt > now) break;
      this.#pop();
      if (isCurrent(first.id, first.dueAt)) found.push(first);
    }
    for (const entry of found) this.push(entry.dueAt, entry.id);
    return found.map((entry) => entry.id);
  }

  nextAt(isCurrent: (id: string, dueAt: number) => boolean): number | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (isCurrent(first.id, first.dueAt)) return first.dueAt;
      this.#pop();
    }
    return undefined;
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
