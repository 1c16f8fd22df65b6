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
  /** 32 bytes of each. */
  addAll(recordHashes: Uint8Array): void;
  count(): number;
  /** 64 hex digits. Of no records: the SHA-256 of the byte 1 alone. */
  root(): string;
}

const WIDTH = 16;
const NODE = 0x01;

export function createMerkleTree(): MerkleTree {
  const levels: Level[] = [createLevel()];
  let count = 0;

  function add(depth: number, child: string): void {
    const level = (levels[depth] ??= createLevel());
    addChild(level, child);
    if (level.children === WIDTH) complete(depth, level);
  }

  function complete(depth: number, level: Level): void {
    level.children = 0;
    add(depth + 1, hashChildren(level.bytes, WIDTH));
  }

  return {
    add(recordHash) {
      add(0, recordHash);
      count += 1;
    },
    addAll(recordHashes) {
      const leaves = (levels[0] ??= createLevel());
      for (let at = 0; at < recordHashes.length;) {
        const more = Math.min(WIDTH - leaves.children, (recordHashes.length - at) / 32);
        leaves.bytes.set(recordHashes.subarray(at, at + more * 32), 1 + leaves.children * 32);
        leaves.children += more;
        count += more;
        at += more * 32;
        if (leaves.children === WIDTH) complete(0, leaves);
      }
    },
    count: () => count,
    root() {
      let carried: string | undefined;
      for (const [depth, level] of levels.entries()) {
        const top = depth === levels.length - 1;
        if (top && depth > 0 && level.children + (carried === undefined ? 0 : 1) === 1) {
          return carried ?? level.bytes.toString("hex", 1, 33);
        }
        if (level.children === 0 && carried === undefined) continue;
        const whole = createLevel();
        level.bytes.copy(whole.bytes);
        whole.children = level.children;
        if (carried !== undefined) addChild(whole, carried);
        carried = hashChildren(whole.bytes, whole.children);
      }
      return carried ?? hashChildren(createLevel().bytes, 0);
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

function addChild(level: Level, child: string): void {
  level.bytes.write(child, 1 + level.children * 32, "hex");
  level.children += 1;
}

function hashChildren(bytes: Buffer, children: number): string {
  return hash("sha256", bytes.subarray(0, 1 + children * 32), "hex");
}
