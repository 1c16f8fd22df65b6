import { hash } from "node:crypto";

/**
 * The Merkle tree hash of RFC 9162, section 2.1.1, over record hashes, built as they come: only the roots of the
 * complete subtrees are kept, one per set bit of the count.
 */
export interface MerkleTree {
  /** `recordHash` is 64 hex digits; the leaf is its 32 bytes. */
  add(recordHash: string): void;
  count(): number;
  /** 64 hex digits. Of no records: SHA-256 of nothing. */
  root(): string;
}

export function createMerkleTree(): MerkleTree {
  const roots: Buffer[] = [];
  let count = 0;
  const leaf = Buffer.alloc(33, LEAF);
  return {
    add(recordHash) {
      leaf.write(recordHash, 1, "hex");
      let node: Buffer = hash("sha256", leaf, "buffer");
      // Every trailing one bit of the count is a subtree as large as the node: they become one.
      for (let bits = count; bits % 2 === 1; bits = (bits - 1) / 2) node = join(roots.pop() as Buffer, node);
      roots.push(node);
      count += 1;
    },
    count: () => count,
    root() {
      let node = roots.at(-1);
      if (node === undefined) return hash("sha256", "");
      for (let index = roots.length - 2; index >= 0; index -= 1) node = join(roots[index] as Buffer, node);
      return node.toString("hex");
    },
  };
}

const LEAF = 0x00;
const NODE = 0x01;
const pair: Buffer = Buffer.alloc(65, NODE);

function join(left: Buffer, right: Buffer): Buffer {
  left.copy(pair, 1);
  right.copy(pair, 33);
  return hash("sha256", pair, "buffer");
}
