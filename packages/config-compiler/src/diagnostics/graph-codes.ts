import type { CodeTable } from "./code-entry.ts";

const error = "error" as const;
const warning = "warning" as const;

/** FG4xx: states and the moves between them. */
export const GRAPH_CODES: CodeTable = {
  FG401: {
    title: "A target is not a state",
    severity: error,
    explanation: "A transition, branch, timeout or failure leads to a state that the workflow does not have.",
    example:
      "workflows:\n  w:\n    initialState: a\n    states:\n      a: { transitions: { go: { target: dnoe } } }\n      done: { terminal: true }",
    fix: "Write `target: done`.",
  },
  FG402: {
    title: "A state cannot be reached",
    severity: warning,
    explanation:
      "No path from `initialState` leads here: over transitions, branches, timeouts, failures and rejections.",
    example:
      "workflows:\n  w:\n    initialState: a\n    states:\n      a: { transitions: { go: { target: done } } }\n      forgotten: { transitions: { go: { target: done } } }\n      done: { terminal: true }",
    fix: "Add a transition to it, or remove it.",
  },
  FG403: {
    title: "A state has no way out",
    severity: error,
    explanation:
      "The state is not terminal and has neither transitions nor a timeout: an instance that gets here stays for ever.",
    example:
      "workflows:\n  w:\n    initialState: a\n    states:\n      a: { transitions: { go: { target: b } } }\n      b: { description: done }",
    fix: "Write `terminal: true`, or add a transition.",
  },
  FG404: {
    title: "A state can never come to an end",
    severity: warning,
    explanation:
      "There are ways out, but all of them lead in circles: no terminal state can be reached from here. The workflow's deadline counts once: a state that can be come back to after it needs a way out of its own.",
    example:
      "workflows:\n  w:\n    initialState: a\n    states:\n      a: { transitions: { go: { target: b } } }\n      b: { transitions: { back: { target: a } } }",
    fix: "Add a transition to a terminal state.",
  },
  FG405: {
    title: "Deterministic steps run in a circle",
    severity: error,
    explanation:
      "The gateway takes these steps by itself, and without a guard or branch that could end it the circle runs until `maxChainDepth` parks the instance.",
    example:
      "workflows:\n  w:\n    initialState: a\n    states:\n      a: { transitions: { go: { target: b, actor: deterministic } } }\n      b: { transitions: { back: { target: a, actor: deterministic } } }",
    fix: "Let one of the steps be an agent's or a person's, or branch out of the circle.",
  },
  FG406: {
    title: "A deterministic choice is ambiguous",
    severity: error,
    explanation:
      "The state has several deterministic transitions without guards. The first one is always taken, the others never.",
    example:
      "workflows:\n  w:\n    initialState: a\n    states:\n      a:\n        transitions:\n          left: { target: b, actor: deterministic }\n          right: { target: b, actor: deterministic }\n      b: { terminal: true }",
    fix: "Guard all but the last one, or use `branches` on one transition.",
  },
  FG407: {
    title: "The initial state does not exist",
    severity: error,
    explanation: "`initialState` names a state that the workflow does not have.",
    example: "workflows:\n  w:\n    initialState: start\n    states:\n      a: { terminal: true }",
    fix: "Write `initialState: a`.",
  },
  FG408: {
    title: "A deadline leads nowhere",
    severity: error,
    explanation:
      "`timeoutMs` says when, `onTimeout` says where to. Without it the deadline would pass and nothing would happen.",
    example:
      "workflows:\n  w:\n    initialState: a\n    timeoutMs: 24h\n    states:\n      a: { transitions: { go: { target: b } } }\n      b: { terminal: true }",
    fix: "Add `onTimeout: { target: b }`.",
  },
  FG409: {
    title: "A timeout is never reached",
    severity: error,
    explanation: "`onTimeout` says where to, but there is no `timeoutMs` that says when.",
    example:
      "workflows:\n  w:\n    initialState: a\n    onTimeout: { target: b }\n    states:\n      a: { transitions: { go: { target: b } } }\n      b: { terminal: true }",
    fix: "Add `timeoutMs: 24h`.",
  },
  FG410: {
    title: "A terminal state goes on",
    severity: error,
    explanation: "An instance ends in a terminal state. Transitions and deadlines there are never taken.",
    example:
      "workflows:\n  w:\n    initialState: a\n    states:\n      a: { transitions: { go: { target: b } } }\n      b: { terminal: true, transitions: { back: { target: a } } }",
    fix: "Remove `terminal`, or what follows it.",
  },
  FG411: {
    title: "A deterministic step waits beside others",
    severity: warning,
    explanation:
      "A state that also has links for callers is a decision point: the gateway stops there and does not take the deterministic transition by itself.",
    example:
      "workflows:\n  w:\n    initialState: a\n    states:\n      a:\n        transitions:\n          auto: { target: b, actor: deterministic }\n          stop: { target: b }\n      b: { terminal: true }",
    fix: "Move the deterministic step into a state of its own.",
  },
  FG412: {
    title: "A branch is never taken",
    severity: warning,
    explanation: "The branch leads where the transition leads anyway, or stands behind the same condition.",
    example:
      'workflows:\n  w:\n    initialState: a\n    states:\n      a:\n        transitions:\n          go:\n            target: b\n            branches:\n              - { when: { kind: expr, expr: "$.arguments.x == 1" }, target: b }\n      b: { terminal: true }',
    fix: "Correct its target, or remove it.",
  },
};
