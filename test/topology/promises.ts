/**
 * What the engine, its stores, its guards, its executors and its records promise, each in a sentence: `F…` for ways in
 * which workflow engines and gateways are known to fail, `W…` for the invariants of the engine's DESIGN.md. Tests cite
 * them in their titles; a gate holds that every one is cited by the file that is named here, and that whatever is cited
 * is here.
 */
export const PROMISES: { readonly [id: string]: { readonly says: string; readonly in: string } } = {
  F1: {
    says: "Of many submits of one version one has an effect; the others join or are refused.",
    in: "test/chaos/faults.test.ts",
  },
  F2: {
    says: "A crash between an effect and its commit is recovered with the same key.",
    in: "test/chaos/kills.test.ts",
  },
  F3: { says: "After a crash every instance is taken up again unprompted.", in: "test/chaos/kills.test.ts" },
  F4: {
    says: "An error after an effect parks the operation with its result.",
    in: "packages/workflow-engine/test/outputs.test.ts",
  },
  F5: {
    says: "onEnter is a durable step: retried, visible, recorded.",
    in: "packages/workflow-engine/test/chain.test.ts",
  },
  F6: {
    says: "A start always answers with its instance; that it failed is a state.",
    in: "packages/workflow-engine/test/chain.test.ts",
  },
  F7: {
    says: "An equal start with the same key gives the same instance.",
    in: "packages/workflow-engine/test/concurrency.test.ts",
  },
  F8: {
    says: "A chain resumes after a crash at any step; its limit parks it with a link.",
    in: "packages/workflow-engine/test/recovery.test.ts",
  },
  F9: { says: "Evidence is committed with its state and survives a crash.", in: "test/chaos/kills.test.ts" },
  F10: {
    says: "One execution gives one row of evidence.",
    in: "packages/workflow-engine/test/chain.test.ts",
  },
  F11: {
    says: "A quorum counts different people or operations.",
    in: "packages/workflow-engine/test/governance.test.ts",
  },
  F12: {
    says: "Evidence says how it went; to ask is not to approve.",
    in: "packages/workflow-engine/test/approvals.test.ts",
  },
  F13: { says: "A deadline fires while nobody asks.", in: "packages/workflow-engine/test/timeouts.test.ts" },
  F14: {
    says: "A deadline is an ordinary transition, with onEnter and chain.",
    in: "packages/workflow-engine/test/timeouts.test.ts",
  },
  F15: {
    says: "A deadline without a target is a hard stop.",
    in: "packages/workflow-engine/test/timeouts.test.ts",
  },
  F16: {
    says: "Reading writes nothing; of a deadline and an effect one wins, by a rule.",
    in: "packages/workflow-engine/test/timeouts.test.ts",
  },
  F17: { says: "A clock that is ten minutes wrong changes nothing.", in: "test/chaos/faults.test.ts" },
  F18: {
    says: "Instances finish on the definition that they began with.",
    in: "packages/workflow-engine/test/recovery.test.ts",
  },
  F19: {
    says: "A reload is checked whole, taken over at once or not at all, and recorded.",
    in: "test/e2e/gateway/reload.test.ts",
  },
  F20: {
    says: "Whoever is told to stop loses nothing of what runs.",
    in: "packages/workflow-engine/test/recovery.test.ts",
  },
  F21: {
    says: "A child's id derives from its parent's operation; its result, failure and depth reach the parent.",
    in: "packages/workflow-engine/test/children.test.ts",
  },
  F22: {
    says: "Of several processes that write one version one wins.",
    in: "packages/stores/sqlite/test/processes.test.ts",
  },
  F23: {
    says: "Writers that meet wait for each other instead of failing.",
    in: "packages/stores/sqlite/test/processes.test.ts",
  },
  F24: {
    says: "Eight processes that start at once on an empty store all come up.",
    in: "packages/stores/postgres/test/processes.test.ts",
  },
  F25: {
    says: "NUL, lone surrogates and huge numbers come back as they were written.",
    in: "packages/stores/postgres/test/round-trip.test.ts",
  },
  F26: {
    says: "The shipped program serves on every store that is documented, and its commands work there.",
    in: "test/e2e/gateway/replicas.test.ts",
  },
  F27: {
    says: "A database that stands still gives errors within a bound.",
    in: "packages/stores/postgres/test/outage.test.ts",
  },
  F28: {
    says: "A policy that is written wrongly fails the load; none is silently empty.",
    in: "packages/config-compiler/test/compile.test.ts",
  },
  F29: {
    says: "A key belongs to one effect: instance, version, step and arguments.",
    in: "packages/workflow-engine/test/concurrency.test.ts",
  },
  F30: {
    says: "A command's whole process group is dead before its attempt is over.",
    in: "packages/executors/cli/test/executor.test.ts",
  },
  F31: {
    says: "Nothing falls back after an unknown outcome.",
    in: "packages/workflow-engine/test/reliability.test.ts",
  },
  F32: {
    says: "Retries have jitter, an overall deadline and rows of their own.",
    in: "packages/workflow-engine/test/reliability.test.ts",
  },
  F33: {
    says: "A `once` is tried again only where it was certainly not sent.",
    in: "packages/workflow-engine/test/reliability.test.ts",
  },
  F34: {
    says: "Errors of MCP servers are classed by their JSON-RPC code.",
    in: "packages/executors/mcp/test/stdio.test.ts",
  },
  F35: {
    says: "After a server's death the next call reaches a new one; callers who come together start one.",
    in: "packages/executors/mcp/test/hostile.test.ts",
  },
  F36: {
    says: "The key travels in the metadata of a call, not among its arguments.",
    in: "packages/executors/mcp/test/stdio.test.ts",
  },
  F37: {
    says: "A command that fails keeps the end of what it said.",
    in: "packages/executors/cli/test/executor.test.ts",
  },
  F38: { says: "Guards are judged on every path.", in: "packages/workflow-engine/test/chain.test.ts" },
  F39: {
    says: "Agents cannot submit what the engine does by itself.",
    in: "packages/workflow-engine/test/chain.test.ts",
  },
  F40: {
    says: "An operator's name inside a path or a text is not an operator.",
    in: "packages/guards-expr/test/fail-closed.test.ts",
  },
  F41: {
    says: "What is missing is equal to nothing.",
    in: "packages/workflow-engine/test/governance.test.ts",
  },
  F42: {
    says: "What is unknown never passes, under no negation.",
    in: "packages/workflow-engine/test/governance.test.ts",
  },
  F43: {
    says: "A guard that lacks a part never passes.",
    in: "packages/workflow-engine/test/governance.test.ts",
  },
  F44: {
    says: "Paths and numbers mean what a reference evaluator makes of them.",
    in: "packages/guards-expr/test/property.test.ts",
  },
  F45: { says: "A mapping is whole, or fails.", in: "packages/workflow-engine/test/laws.test.ts" },
  F46: {
    says: "What has no value is never sent as its own text.",
    in: "packages/workflow-engine/test/governance.test.ts",
  },
  F47: {
    says: "The schema that a link shows is the one that is enforced.",
    in: "packages/workflow-engine/test/laws.test.ts",
  },
  F48: {
    says: "No value changes the host, the prefix or the headers of a request.",
    in: "packages/executors/http/test/target.test.ts",
  },
  F49: {
    says: "Redirects and names lead credentials nowhere else.",
    in: "packages/executors/http/test/executor.test.ts",
  },
  F50: { says: "Outputs are bounded, in memory too.", in: "packages/executors/cli/test/executor.test.ts" },
  F51: {
    says: "A command gets the listed variables and no standard input of the gateway.",
    in: "packages/executors/cli/test/executor.test.ts",
  },
  F52: {
    says: "What a caller gave never becomes an option.",
    in: "packages/executors/cli/test/executor.test.ts",
  },
  F53: {
    says: "A variable that is not set stops the start; a value is never expanded again.",
    in: "test/e2e/gateway/bad-input.test.ts",
  },
  F54: { says: "Nothing but protocol reaches standard output.", in: "test/e2e/gateway/stdio.test.ts" },
  F55: {
    says: "An imported tool never replaces what has its name.",
    in: "test/e2e/gateway/real-servers.test.ts",
  },
  F56: { says: "Tools are held to what was pinned of them.", in: "test/e2e/gateway/pinning.test.ts" },
  F57: { says: "Instances of another tenant or owner do not exist.", in: "test/e2e/gateway/oidc.test.ts" },
  F58: {
    says: "A step waits for a person, and runs once, after the decision.",
    in: "test/e2e/gateway/workflows.test.ts",
  },
  F59: { says: "Errors tell callers no internals.", in: "packages/stores/postgres/test/outage.test.ts" },
  F60: { says: "Without a record there is no effect.", in: "packages/workflow-engine/test/recovery.test.ts" },
  F61: { says: "The record is part of the commit.", in: "test/chaos/kills.test.ts" },
  F62: {
    says: "A full disk refuses before the effect.",
    in: "packages/stores/sqlite/test/disk-full.test.ts",
  },
  F63: {
    says: "Any edit, drop, swap or cut of the trail is found.",
    in: "packages/audit/test/trail-mutations.test.ts",
  },
  F64: {
    says: "Each record says who, what and on which definition.",
    in: "test/e2e/gateway/telemetry.test.ts",
  },
  F65: {
    says: "Processes are killed by hundreds in the tests that always run.",
    in: "test/chaos/kills.test.ts",
  },
  W1: {
    says: "One live or final operation for each version of an instance.",
    in: "packages/workflow-engine/test/model.test.ts",
  },
  W2: {
    says: "The version is the number of committed operations, the context the fold of their results.",
    in: "packages/workflow-engine/test/model.test.ts",
  },
  W3: { says: "What was acknowledged is committed.", in: "test/chaos/kills.test.ts" },
  W4: { says: "Every effect belongs to an operation.", in: "test/chaos/kills.test.ts" },
  W5: {
    says: "A `once` takes effect at most once for each key; an `idempotent` one keeps its key.",
    in: "test/chaos/kills.test.ts",
  },
  W6: { says: "No effect without a durable record of its start.", in: "test/chaos/kills.test.ts" },
  W7: {
    says: "Nothing is written with an old fence or sent without a valid lease.",
    in: "test/chaos/faults.test.ts",
  },
  W8: {
    says: "Guards and actor held at the version of every committed operation.",
    in: "packages/workflow-engine/test/governance.test.ts",
  },
  W9: { says: "Equal submits have equal results.", in: "packages/workflow-engine/test/concurrency.test.ts" },
  W10: {
    says: "Keys are equal for attempts of one effect and different for different ones.",
    in: "packages/workflow-engine/test/laws.test.ts",
  },
  W11: {
    says: "Deadlines fire when due, never after they ended.",
    in: "packages/workflow-engine/test/timeouts.test.ts",
  },
  W12: {
    says: "An approval is used once, in time, by different people other than the requester.",
    in: "packages/workflow-engine/test/approvals.test.ts",
  },
  W13: {
    says: "Each successful execution has its evidence once.",
    in: "packages/workflow-engine/test/model.test.ts",
  },
  W14: {
    says: "An instance keeps its definition unless an operator migrates it.",
    in: "packages/workflow-engine/test/migrate.test.ts",
  },
  W15: {
    says: "Each commit has its records, dense and chained; what was changed is found.",
    in: "packages/stores/sqlite/test/audit.test.ts",
  },
  W16: { says: "No secret is in a record, a log or an answer.", in: "test/e2e/gateway/secrets.test.ts" },
  W17: { says: "Reading writes nothing.", in: "packages/workflow-engine/test/model.test.ts" },
  W18: { says: "The end is final.", in: "packages/workflow-engine/test/cancel.test.ts" },
  W19: { says: "No instance is stuck.", in: "test/chaos/kills.test.ts" },
  W20: { says: "Another tenant's instance does not exist.", in: "test/e2e/gateway/oidc.test.ts" },
  W21: {
    says: "What is tidied away was purgeable, and the trail still verifies.",
    in: "packages/stores/sqlite/test/retention.test.ts",
  },
  W22: { says: "The journal replayed gives the state.", in: "packages/workflow-engine/test/model.test.ts" },
  W23: { says: "Only a guard that passes allows.", in: "packages/workflow-engine/test/governance.test.ts" },
  W24: {
    says: "A template gives one argument, one path segment, one header.",
    in: "packages/executors/http/test/target.test.ts",
  },
};
