import type { GuardIr, HumanExecutorIr } from "@mcp-flowgate/core";
import { describeGuard, grants, mayPass } from "@mcp-flowgate/guards-expr";
import { escapePointer } from "@mcp-flowgate/json-schema";
import { executorsOf } from "./executors-of.ts";
import { knownPrincipals, type KnownPrincipal } from "./identity.ts";
import type { Rule, RuleContext } from "./rule.ts";

/** Steps that nobody can decide, and guards that nobody can pass, under the declared identity: FG612, FG613. */
export const checkPeople: Rule = (context) => {
  const principals = knownPrincipals(context.settings);
  if (principals === undefined) return;
  // Without keys, people decide through the command line and the console, which carry roles of their own.
  const people = context.settings.identity.some(({ kind }) => kind === "apiKeys") ? principals : undefined;
  for (const [id, workflow] of Object.entries(context.workflows)) {
    const base = `/workflows/${escapePointer(id)}`;
    for (const placed of executorsOf(workflow)) {
      if (placed.executor.kind === "human" && people !== undefined) {
        checkDecision(placed.executor, `${base}${placed.pointer}`, people, context);
      }
    }
    for (const [stateName, state] of Object.entries(workflow.states)) {
      for (const [name, transition] of Object.entries(state.transitions)) {
        if (transition.actor === "human" && people === undefined) continue;
        const pointer = `${base}/states/${escapePointer(stateName)}/transitions/${escapePointer(name)}/guards`;
        checkGuards(transition.guards, pointer, principals, context);
      }
    }
  }
  for (const entry of context.root.child("proxy")?.itemsOf("expose") ?? []) {
    const id = entry.text("as") ?? entry.text("capability") ?? entry.text("name");
    const guards = id === undefined ? undefined : context.capabilities[id]?.guards;
    checkGuards(guards ?? [], entry.pointer, principals, context);
  }
};

function checkDecision(
  executor: HumanExecutorIr,
  pointer: string,
  people: readonly KnownPrincipal[],
  context: RuleContext,
): void {
  const { roles, permissions } = executor.assignees;
  const open = roles.length === 0 && permissions.length === 0;
  const able = people.filter(
    (person) =>
      open ||
      roles.some((role) => person.roles.includes(role)) ||
      permissions.some((permission) => grants(person.permissions, permission)),
  );
  const subjects = new Set(able.map(({ subject }) => subject));
  if (subjects.size >= executor.quorum) return;
  const wanted = open ? "is a known caller" : `has ${[...roles, ...permissions].join(" or ")}`;
  const text =
    subjects.size === 0
      ? `nobody can decide this: no caller of the declared identity ${wanted}`
      : `${executor.quorum} people have to approve this, and only ${subjects.size} can`;
  const at = subjects.size === 0 ? `${pointer}/assignees` : `${pointer}/quorum`;
  context.report("FG612", context.keyAt(at), text, { pointer: at });
}

function checkGuards(
  guards: readonly GuardIr[],
  pointer: string,
  principals: readonly KnownPrincipal[],
  context: RuleContext,
): void {
  if (principals.some((principal) => guards.every((guard) => mayPass(guard, principal)))) return;
  const blocking = guards.find((guard) => principals.every((principal) => !mayPass(guard, principal)));
  const text =
    blocking === undefined
      ? "no single caller of the declared identity can pass all of these guards"
      : `no caller of the declared identity can pass: ${describeGuard(blocking)}`;
  context.report("FG613", context.keyAt(pointer), text, {
    pointer,
    hint: "Declare an `identity` that gives callers roles and permissions.",
  });
}
