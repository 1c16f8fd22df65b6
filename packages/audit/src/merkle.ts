import { hash } from "node:crypto";

/**
 * A Merkle tree over record hashes, built as they come. A node has up to sixteen children and is the SHA-256 of the byte 1
 * followed by the 32 bytes of each; the leaves are the record hashes themselves, grouped in order, level by level, until
 * one node is left. Wide nodes make it cost a fraction of hashing the records, which two hashes per record would not.
 *
 * A record's hash is of a text that begins with a hexadecimal digit, never with the byte 1: no record can be passed
 * off as a node.
 */
export interface MerkleTree {
  /** `recordHash` is 64 hex digits. */
  add(recordHash: string): void;
  count(): number;
  /** 64 hex digits. Of no records: the SHA-256 of the byte 1 alone. */
  root(): string;
}

const WIDTH = 16;
const NODE = 0x01;

export function createMerkleTree(): MerkleTree {
  const levels: Level[] = [];
  let count = 0;

  function push(depth: number, write: (level: Level) => void): void {
    let level = levels[depth];
    if (level === undefined) levels.push((level = createLevel()));
    write(level);
    if (level.children < WIDTH) return;
    const node = hashLevel(level);
    level.children = 0;
    push(depth + 1, (above) => addNode(above, node));
  }

  return {
    add(recordHash) {
      push(0, (level) => {
        level.bytes.write(recordHash, 1 + level.children * 32, "hex");
        level.children += 1;
      });
      count += 1;
    },
    count: () => count,
    root() {
      let carried: Buffer | undefined;
      for (const [depth, level] of levels.entries()) {
        const top = depth === levels.length - 1;
        if (top && depth > 0 && level.children + (carried === undefined ? 0 : 1) === 1) {
          return (carried ?? level.bytes.subarray(1, 33)).toString("hex");
        }
        if (level.children === 0 && carried === undefined) continue;
        const whole = createLevel();
        level.bytes.copy(whole.bytes);
        whole.children = level.children;
        if (carried !== undefined) addNode(whole, carried);
        carried = hashLevel(whole);
      }
      return (carried ?? hashLevel(createLevel())).toString("hex");
    },
  };
}

/** The children that have no parent yet. One more fits than makes a parent, for what is carried up at the end. */
interface Level {
  readonly bytes: Buffer;
  children: number;
}

function createLevel(): Level {
  return { bytes: Buffer.alloc(1 + (WIDTH + 1) * 32, NODE), children: 0 };
}

function addNode(level: Level, node: Buffer): void {
  node.copy(level.bytes, 1 + level.children * 32);
  level.children += 1;
}

function hashLevel({ bytes, children }: Level): Buffer {
  return hash("sha256", bytes.subarray(0, 1 + children * 32), "buffer");
}
