// Below this many removed entries the array is left as it is; above, it is cut once half of it is removed.
const MIN_COMPACTION = 1_024;

/** A queue whose `shift` does not move what remains: a backlog may hold 100,000 messages. */
export class Fifo<Item> {
  #items: Item[] = [];
  #head = 0;

  push(item: Item): void {
    this.#items.push(item);
  }

  peek(): Item | undefined {
    return this.#items[this.#head];
  }

  shift(): Item | undefined {
    const item = this.#items[this.#head];
    if (this.#head < this.#items.length) this.#head += 1;
    if (this.#head > MIN_COMPACTION && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
