import { nearest } from "@mcp-flowgate/json-schema";
import type { Cursor } from "../emit/cursor.ts";
import { quote } from "../source/config-node.ts";
import type { Rule, RuleContext } from "./rule.ts";

/** `separation` that names a transition which the workflow does not have: FG310. */
export const checkSeparation: Rule = (context) => {
  for (const workflow of context.root.entriesOf("workflows")) {
    const transitions = workflow.entriesOf("states").flatMap((state) => state.entriesOf("transitions"));
    const names = new Set(transitions.map(({ name }) => name));
    for (const transition of transitions) {
      for (const guard of transition.itemsOf("guards")) visit(guard, names, context);
      for (const branch of transition.itemsOf("branches")) visit(branch.child("when"), names, context);
    }
  }
};

function visit(guard: Cursor | undefined, names: ReadonlySet<string>, context: RuleContext): void {
  if (guard === undefined) return;
  for (const inner of guard.itemsOf("guards")) visit(inner, names, context);
  visit(guard.child("guard"), names, context);
  if (guard.text("kind") !== "separation") return;
  for (const from of guard.itemsOf("from")) {
    if (from.value === undefined || names.has(from.value)) continue;
    const close = nearest(from.value, names);
    context.report("FG310", from.node, `there is no transition ${quote(from.value)} in this workflow`, {
      pointer: from.pointer,
      hint: close === undefined ? undefined : `Did you mean \`${close}\`?`,
    });
  }
}
