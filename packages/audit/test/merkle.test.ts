import { hash } from "node:crypto";
import { expect, test } from "vitest";
import { createMerkleTree } from "../src/merkle.ts";

/** The definition, literally: group by sixteen, level by level, until one node is left. */
function rootOf(hashes: readonly string[]): string {
  let level = hashes.map((one) => Buffer.from(one, "hex"));
  do {
    const groups = Array.from({ length: Math.max(1, Math.ceil(level.length / 16)) }, (_, index) =>
      level.slice(index * 16, index * 16 + 16),
    );
    level = groups.map((group) => hash("sha256", Buffer.concat([Buffer.from([1]), ...group]), "buffer"));
  } while (level.length > 1);
  return (level[0] as Buffer).toString("hex");
}

test("the root is that of the definition for every number of records, and differs for each", () => {
  const hashes = Array.from({ length: 600 }, (_, index) => hash("sha256", String(index)));
  const tree = createMerkleTree();
  const roots = new Set<string>();
  for (let count = 0; count <= hashes.length; count += 1) {
    expect(tree.root(), `${count} records`).toBe(rootOf(hashes.slice(0, count)));
    expect(tree.count()).toBe(count);
    roots.add(tree.root());
    tree.add(hashes[count] ?? "");
  }
  expect(roots.size).toBe(hashes.length + 1);
});

test("many at once make the tree that they make one by one", () => {
  const hashes = Array.from({ length: 700 }, (_, index) => hash("sha256", String(index)));
  for (const sizes of [[700], [1, 15, 16, 17, 300], [3, 0, 5, 40, 33]]) {
    const tree = createMerkleTree();
    let at = 0;
    for (const size of sizes) {
      tree.addAll(Buffer.from(hashes.slice(at, at + size).join(""), "hex"));
      at += size;
      expect(tree.root()).toBe(rootOf(hashes.slice(0, at)));
    }
    for (const one of hashes.slice(at)) tree.add(one);
    expect(tree.root()).toBe(rootOf(hashes));
    expect(tree.count()).toBe(700);
  }
});
