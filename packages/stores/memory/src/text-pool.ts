/**
 * Owns: texts that are kept beside the heap, where a collection neither moves them nor looks at them.
 *
 * P1 A block is written again once every text in it was given back, so that texts that come and go in turn take no more
 *    memory than those that are there.
 * P2 What was read is a text of its own: giving back what it was read from changes nothing of it.
 */
export interface TextPool {
  put(text: string): KeptText;
  read(kept: KeptText): string;
  /** Once for each text that was put. It is not read any more. */
  giveBack(kept: KeptText): void;
}

export interface KeptText {
  readonly block: TextBlock;
  readonly start: number;
  readonly end: number;
}

export interface TextBlock {
  readonly bytes: Buffer;
  used: number;
  /** Texts in it that were not given back. */
  texts: number;
}

const BLOCK_BYTES = 256 * 1024;
/** Of one UTF-16 code unit. */
const MOST_BYTES = 3;
/** Blocks that are kept to be written again. */
const MOST_SPARE = 16;

export function createTextPool(): TextPool {
  const spare: TextBlock[] = [];
  let current: TextBlock | undefined;

  const release = (block: TextBlock): void => {
    if (block.texts > 0 || block === current || block.bytes.length !== BLOCK_BYTES) return;
    block.used = 0;
    if (spare.length < MOST_SPARE) spare.push(block);
  };

  const blockFor = (text: string): TextBlock => {
    const most = text.length * MOST_BYTES;
    // A text that would take a good part of a block gets one of its own.
    if (most > BLOCK_BYTES / 8)
      return { bytes: Buffer.allocUnsafeSlow(Buffer.byteLength(text)), used: 0, texts: 0 };
    if (current !== undefined && current.used + most <= BLOCK_BYTES) return current;
    const full = current;
    current = spare.pop() ?? { bytes: Buffer.allocUnsafeSlow(BLOCK_BYTES), used: 0, texts: 0 };
    if (full !== undefined) release(full);
    return current;
  };

  return {
    put(text) {
      const block = blockFor(text);
      const start = block.used;
      block.used += block.bytes.write(text, start, "utf8");
      block.texts += 1;
      return { block, start, end: block.used };
    },
    read: ({ block, start, end }) => block.bytes.toString("utf8", start, end),
    giveBack({ block }) {
      block.texts -= 1;
      release(block);
    },
  };
}
