import { err, ok } from "@mcp-flowgate/core";
import { compileConfig, type Compilation } from "@mcp-flowgate/config-compiler";
import {
  assert,
  asyncProperty,
  constant,
  constantFrom,
  dictionary,
  integer,
  oneof,
  pre,
  record,
  tuple,
  type Arbitrary,
} from "fast-check";
import { createNodeDigest } from "flowgate-check";
import { describe, expect, it } from "vitest";
import { alwaysEnds, MAY, MAY_NOT, walkAll, type Seen } from "./policy-walks.ts";

/** More for a long run. */
const RUNS = Number(process.env["FLOWGATE_POLICY_RUNS"] ?? 60);
const STATES = ["a", "b"] as const;

const target = constantFrom("a", "b", "d");
/** One in `rarity + 1` is there. */
const maybe = <T>(arbitrary: Arbitrary<T>, rarity: number): Arbitrary<T | undefined> =>
  oneof({ weight: rarity, arbitrary: constant(undefined) }, { weight: 1, arbitrary });

const step = record({
  target,
  actor: constantFrom("agent", "human"),
  executor: constantFrom("none", "none", "pay", "other", "gate", "gated pay"),
  branch: maybe(target, 3),
  reject: maybe(target, 1),
  unknown: maybe(target, 3),
  tests: constantFrom(true, true, false),
  guard: maybe(constantFrom("permission", "permission", "evidence"), 2),
});
const state = record({
  /** Left as soon as it is entered. */
  automatic: integer({ min: 0, max: 3 }).map((number) => number === 0),
  steps: dictionary(constantFrom("approve", "stop", "go"), step, {
    minKeys: 1,
    maxKeys: 2,
    noNullPrototype: true,
  }),
  deadline: maybe(target, 3),
  enter: maybe(record({ tool: constantFrom("pay", "other"), failure: maybe(target, 1) }), 4),
});
const sample = record({
  states: tuple(state, state).map((states) => states.map((one, index) => forward(oneKind(one), index))),
  deadline: maybe(target, 3),
});

type Step = typeof step extends Arbitrary<infer T> ? T : never;
type State = typeof state extends Arbitrary<infer T> ? T : never;
type Sample = typeof sample extends Arbitrary<infer T> ? T : never;

const plain: Step = {
  target: "a",
  actor: "agent",
  executor: "none",
  branch: undefined,
  reject: undefined,
  unknown: undefined,
  tests: true,
  guard: undefined,
};
const resting = { automatic: false, deadline: undefined, enter: undefined };
/** What was judged wrong once. */
const FOUND: readonly Sample[] = [
  // The workflow's deadline is a way out of `a`, but passes once, and `b` leads back.
  {
    states: [
      { ...resting, steps: { approve: plain } },
      { ...resting, steps: { approve: { ...plain, executor: "other", unknown: "d" } } },
    ],
    deadline: "b",
  },
  // What asks the people of `b` is no gate, so nobody rejects it.
  {
    states: [
      { ...resting, steps: { approve: { ...plain, target: "b", executor: "gate", reject: "b" } } },
      { ...resting, steps: { approve: { ...plain, actor: "human" }, stop: plain } },
    ],
    deadline: undefined,
  },
];

const POLICIES = [
  "{ reaching: d, requires: { transition: approve, actor: human } }",
  "{ reaching: d, requires: { evidence: tests } }",
  "{ transition: stop, after: { evidence: tests } }",
  "{ executor: { tool: pay }, requires: { transition: approve, actor: human } }",
  "{ executor: { tool: pay }, requires: { guard: { kind: permission, permission: pay.* } } }",
  "{ reaching: d, requires: { guard: { kind: permission, permission: pay.* } } }",
  "{ terminates: true }",
] as const;

/** Whether a walk was seen that breaks each policy, judged by what the engine did and nothing else. */
function brokenBy(free: Seen, powerless: Seen): readonly boolean[] {
  return [
    free.entered.some((one) => one.state === "d" && !one.approved),
    free.entered.some((one) => one.state === "d" && !one.tested),
    free.taken.some((one) => one.transition === "stop" && !one.tested),
    free.called.some((one) => one.tool === "pay" && !one.approved),
    powerless.called.some((one) => one.tool === "pay"),
    powerless.entered.some((one) => one.state === "d"),
    !alwaysEnds(free),
  ];
}

describe("policies", () => {
  it(
    "are proved only where no walk of the engine breaks them, and refuted only where one does",
    { timeout: 300_000 },
    async () => {
      const verdicts = { proved: 0, refuted: 0 };
      await assert(
        asyncProperty(sample, async (given) => {
          const workflow = (await compile(toText(given))).plan?.workflows["w"];
          if (workflow === undefined) throw new Error(`this does not compile:\n${toText(given)}`);
          const free = await walkAll(workflow, MAY);
          const powerless = await walkAll(workflow, MAY_NOT);
          pre(free !== undefined && powerless !== undefined);
          if (free === undefined || powerless === undefined) return;
          const broken = brokenBy(free, powerless);
          for (const [index, policy] of POLICIES.entries()) {
            const { policies } = await compile(`${toText(given)}policies: [{ assert: ${policy} }]\n`);
            const [verdict] = policies;
            // A policy about nothing (no step is called `stop`) is neither.
            if (verdict === undefined || (!verdict.holds && verdict.counterExample === undefined)) continue;
            const message = `${policy}\n${verdict.counterExample ?? `holds: ${verdict.checked}`}\n${toText(given)}`;
            // That a state can come to an end is said of guards that can pass.
            const claimed = isExact(given) || policy !== "{ terminates: true }";
            const judged = verdict.holds ? claimed : isExact(given);
            if (!judged) continue;
            verdicts[verdict.holds ? "proved" : "refuted"] += 1;
            expect(broken[index], message).toBe(!verdict.holds);
          }
        }),
        { numRuns: RUNS, examples: FOUND.map((one) => [one]) },
      );
      expect(verdicts.proved).toBeGreaterThan(RUNS / 4);
      expect(verdicts.refuted).toBeGreaterThan(RUNS / 4);
    },
  );
});

/** People are asked in one way a state: to choose a step, or to let one pass. */
function oneKind(one: State): State {
  if (!Object.values(one.steps).some((each) => isPersons(each))) return one;
  const steps = Object.entries(one.steps).map(([name, each]) => [
    name,
    each.executor.startsWith("gate") ? { ...each, executor: "none" } : each,
  ]);
  return { ...one, steps: Object.fromEntries(steps) as State["steps"] };
}

/** Steps that nobody takes lead on: a circle of them ends at the bound of a chain, where only an operator goes on. */
function forward(one: State, index: number): State {
  if (!one.automatic) return one;
  const on = (name: string): string => ((STATES as readonly string[]).indexOf(name) > index ? name : "d");
  const steps = Object.entries(one.steps).map(([name, { target: to, branch, ...rest }]) => [
    name,
    { ...rest, target: on(to), branch: branch === undefined ? undefined : on(branch) },
  ]);
  return { ...one, steps: Object.fromEntries(steps) as State["steps"] };
}

/** The graph takes every guard to be able to pass; a deadline to be able to pass even in a state that nobody stays in. */
function isExact({ states, deadline }: Sample): boolean {
  const evidence = states.some(({ steps }) => Object.values(steps).some(({ guard }) => guard === "evidence"));
  return !evidence && !(deadline !== undefined && states.some(({ automatic }) => automatic));
}

function toText({ states, deadline }: Sample): string {
  const people = new Set(
    STATES.filter((_, index) => {
      const { automatic, steps } = states[index] as State;
      return !automatic && Object.values(steps).some((one) => isPersons(one));
    }) as readonly string[],
  );
  const lines = states.map((one, index) => {
    const steps = Object.entries(one.steps).slice(0, one.automatic ? 1 : 2);
    const parts = [
      ...(one.deadline === undefined || one.automatic || deadline !== undefined
        ? []
        : [`timeoutMs: 1h, onTimeout: { target: ${one.deadline} }`]),
      ...(one.enter === undefined ? [] : [onEnter(one.enter)]),
      `transitions: { ${steps.map(([name, s]) => `${name}: ${stepText(s, one.automatic, people)}`).join(", ")} }`,
    ];
    return `      ${STATES[index]}: { ${parts.join(", ")} }\n`;
  });
  const limit = deadline === undefined ? "" : `    timeoutMs: 1h\n    onTimeout: { target: ${deadline} }\n`;
  return `version: "1.0.0"
identity: { kind: jwt, issuer: https://i.example, audience: a }
connections: { s: { kind: mcp, command: s } }
workflows:
  w:
    initialState: a
${limit}    states:
${lines.join("")}      d: { terminal: true }
`;
}

function onEnter({ tool: name, failure }: NonNullable<State["enter"]>): string {
  const next = failure === undefined ? "" : `, onFailure: { target: ${failure} }`;
  return `onEnter: { executor: ${tool(name, failure === undefined ? "" : "fail")}${next} }`;
}

/** A gate is asked for by an agent; what only people do needs no gate. */
function isPersons({ actor, executor }: Step): boolean {
  return actor === "human" && !executor.startsWith("gate");
}

function stepText(one: Step, automatic: boolean, people: ReadonlySet<string>): string {
  const gate = one.executor.startsWith("gate") && !automatic;
  const calls = one.executor === "pay" || one.executor === "other";
  const targets = [one.target, ...(one.branch === undefined ? [] : [one.branch])];
  const asks = targets.some((name) => people.has(name));
  const may = [
    one.branch === undefined ? "" : "branch",
    automatic || one.unknown === undefined ? "" : "unknown",
  ];
  const read = calls ? "$.output.pick" : "$.arguments.pick";
  const branch = one.branch !== undefined && (calls || (!automatic && !gate && !isPersons(one)));
  const guard =
    one.guard === "permission" ? "permission, permission: pay.send" : "evidence, requires: [tests]";
  const inside = one.executor === "gated pay" && !asks ? `, onApprove: { executor: ${tool("pay", "")} }` : "";
  const reject = one.reject === undefined ? "" : `, onReject: { target: ${one.reject} }`;
  return `{ ${[
    `target: ${one.target}`,
    `actor: ${automatic ? "deterministic" : isPersons(one) ? "human" : "agent"}`,
    ...(calls ? [`executor: ${tool(one.executor, may.join(" ").trim())}`] : []),
    ...(gate ? [`executor: { kind: human${inside}${reject} }`] : []),
    ...(branch ? [`branches: [{ when: { kind: expr, expr: "${read} == 1" }, target: ${one.branch} }]`] : []),
    ...(calls && !automatic && one.unknown !== undefined ? [`onUnknown: { target: ${one.unknown} }`] : []),
    ...(one.tests ? ["evidence: [tests]"] : []),
    ...(one.guard === undefined ? [] : [`guards: [{ kind: ${guard} }]`]),
  ].join(", ")} }`;
}

/** `may` is what it may answer besides success; the outside world reads it. */
function tool(name: string, may: string): string {
  return `{ kind: mcp, connection: s, tool: ${name}, map: { may: "${may}" } }`;
}

async function compile(text: string): Promise<Compilation> {
  const bytes = new TextEncoder().encode(text);
  return compileConfig({
    files: ["/c/gateway.yaml"],
    reader: {
      read: async (path) => (path === "/c/gateway.yaml" ? ok(bytes) : err({ message: "no" })),
      glob: async () => [],
      resolve: (base, relative) => `${base}/${relative}`,
      directory: () => "/c",
    },
    env: () => undefined,
    digest: createNodeDigest(),
  });
}
