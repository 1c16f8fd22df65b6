import type { CodeTable } from "./code-entry.ts";

const error = "error" as const;
const warning = "warning" as const;

/** FG6xx: who may do what, and what may happen twice. */
export const GOVERNANCE_CODES: CodeTable = {
  FG610: {
    title: "A retry may double an effect",
    severity: warning,
    explanation:
      "After a timeout nobody knows whether the call took effect. Retrying a call that counts each time can pay twice. The retry is done as written.",
    example:
      "connections:\n  payroll: { baseUrl: https://payroll.example.com }\nproxy:\n  expose:\n    - name: pay\n      executor: { kind: http, connection: payroll, method: POST, path: /payments }\n      reliability: { retry: { maxAttempts: 3 } }",
    fix: "Declare `idempotencyKey: true` if the other side honours it, or `idempotent: true` if repeating is harmless.",
  },
  FG611: {
    title: "A call that counts each time cannot be retried",
    severity: error,
    explanation:
      "The executor is declared `effect: once` or `idempotent: false`, so a second attempt is never made.",
    example:
      "connections:\n  payroll: { baseUrl: https://payroll.example.com }\nproxy:\n  expose:\n    - name: pay\n      executor: { kind: http, connection: payroll, method: POST, path: /payments, effect: once }\n      reliability: { retry: { maxAttempts: 3 } }",
    fix: "Leave `retry` out, or declare an `idempotencyKey` instead.",
  },
  FG615: {
    title: "A capability's guards are not checked here",
    severity: warning,
    explanation:
      "`onEnter`, `onTimeout` and `compensate` run without a caller, so there is nobody whom a guard could judge.",
    example:
      "capabilities:\n  safe: { executor: { kind: noop }, guards: [{ kind: role, role: admin }] }\nworkflows:\n  w:\n    initialState: a\n    states:\n      a: { onEnter: { executor: { capability: safe } }, transitions: { go: { target: b } } }\n      b: { terminal: true }",
    fix: "Put the guards on the transitions that lead there.",
  },
};
