import type { ExprNode } from "./ast.ts";

/** Calls `visit` for every node of the tree, parents first, in source order. */
export function walkExpr(root: ExprNode, visit: (node: ExprNode) => void): void {
  visit(root);
  for (const child of childrenOf(root)) walkExpr(child, visit);
}

/** The direct parts of a node, in source order. */
export function childrenOf(node: ExprNode): readonly ExprNode[] {
  switch (node.kind) {
    case "literal":
    case "path":
      return [];
    case "list":
      return node.items;
    case "unary":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "call":
      return node.args;
    default:
      return node satisfies never;
  }
}
