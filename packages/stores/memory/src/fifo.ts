/** First in, first out. A Set would do, but looking for its first entry passes all that were removed before. */
export interface Fifo<Item> {
  readonly size: number;
  first(): Item | undefined;
  push(item: Item): void;
  shift(): void;
}

/** Removed items that are kept in front before the list is cut. */
const MAX_SLACK = 1024;

export function createFifo<Item>(): Fifo<Item> {
  return new ListQueue();
}

class ListQueue<Item> implements Fifo<Item> {
  readonly #items: (Item | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  first(): Item | undefined {
    return this.#items[this.#head];
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  shift(): void {
    if (this.size === 0) return;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head < MAX_SLACK || this.#head * 2 < this.#items.length) return;
    this.#items.splice(0, this.#head);
    this.#head = 0;
  }
}
