import { readFileSync } from "node:fs";
import type { Json } from "@mcp-flowgate/core";
import type { ExprNode, Scope } from "@mcp-flowgate/guards-expr";

const FOLDER = new URL("../../../conformance/expr/", import.meta.url);

/** The cases of one file of the corpus. */
export function readCases<T>(name: string): readonly (T & { readonly why: string })[] {
  return (readDocument(name) as unknown as { cases: readonly (T & { readonly why: string })[] }).cases;
}

/** The scope that all cases are evaluated in. A fresh one each time. */
export function readScope(): Scope {
  return readDocument("scope") as unknown as Scope;
}

/** A tree with its operators in front. */
export function showTree(node: ExprNode): string {
  switch (node.kind) {
    case "literal":
      return JSON.stringify(node.value);
    case "path":
      return node.text;
    case "list":
      return `[${node.items.map(showTree).join(" ")}]`;
    case "unary":
      return `(${node.operator} ${showTree(node.operand)})`;
    case "binary":
      return `(${node.operator} ${showTree(node.left)} ${showTree(node.right)})`;
    case "call":
      return `(${[node.name, ...node.args.map(showTree)].join(" ")})`;
    default:
      return node satisfies never;
  }
}

/** One file of the corpus. */
export function readDocument(name: string): Json {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8")) as Json;
}
