import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileText } from "./memory-reader.ts";

const DEPLOY = `
workflows:
  deploy_web:
    initialState: ready
    states:
      ready:
        transitions:
          approve: { target: approved, actor: human }
          hurry: { target: approved, guards: [{ kind: role, role: boss }] }
      approved: { transitions: { deploy: { target: deployed } } }
      deployed: { terminal: true }
`;

async function verdict(text: string): Promise<unknown> {
  const { policies, diagnostics } = await compileText(text);
  const [policy] = policies;
  return policy?.holds === true
    ? `holds: ${policy.checked}`
    : (policy?.counterExample ??
        diagnostics.filter(({ code }) => code.startsWith("FG60")).map(({ message }) => message));
}

describe("policies", () => {
  it("that fail show the shortest path that breaks them", async () => {
    const policy =
      "policies: [{ assert: { reaching: deployed, requires: { transition: approve, actor: human } } }]\n";
    expect(await verdict(`${DEPLOY}${policy}`)).toBe(
      'in "deploy_web": ready —hurry→ approved —deploy→ deployed',
    );
  });

  it("that hold say what was checked", async () => {
    const text = `${DEPLOY}policies: [{ workflow: "deploy_*", assert: { reaching: deployed, requires: { transition: "{approve,hurry}" } } }]\n`;
    expect(await verdict(text)).toBe("holds: 1 workflow, 1 place");
  });

  it("see deadlines, branches, rejections and failures as ways round", async () => {
    const policy = "policies: [{ assert: { reaching: done, requires: { transition: approve } } }]\n";
    const ways = {
      "timeoutMs: 1h, onTimeout: { target: done }, ": 'in "w": a —state\'s deadline→ done',
      "onEnter: { executor: { kind: noop }, onFailure: { target: done } }, ":
        'in "w": a —onEnter failed→ done',
    };
    for (const [way, path] of Object.entries(ways)) {
      const text = `workflows: { w: { initialState: a, states: { a: { ${way}transitions: { approve: { target: done } } }, done: { terminal: true } } } }\n${policy}`;
      expect(await verdict(text)).toBe(path);
    }
    const reject = `workflows: { w: { initialState: a, states: { a: { transitions: { approve: { target: b, executor: { kind: human, onReject: { target: done } } } } }, b: { terminal: true }, done: { terminal: true } } } }\n${policy}`;
    expect(await verdict(reject)).toBe('in "w": a —approve rejected→ done');
  });

  it("count a human executor that gates, and not one that only notifies", async () => {
    const policy = "policies: [{ assert: { reaching: done, requires: { actor: human } } }]\n";
    const gate = `workflows: { w: { initialState: a, states: { a: { transitions: { go: { target: done, executor: { kind: human } } } }, done: { terminal: true } } } }\n${policy}`;
    expect(await verdict(gate)).toBe("holds: 1 workflow, 1 place");
    const notify = `workflows: { w: { initialState: a, states: { a: { transitions: { go: { target: b, executor: { kind: human } } } }, b: { transitions: { yes: { target: done, actor: human }, skip: { target: done } } }, done: { terminal: true } } } }\n${policy}`;
    expect(await verdict(notify)).toBe('in "w": a —go→ b —skip→ done');
  });

  it("about evidence hold by recording steps and by evidence guards", async () => {
    const text = (guard: string, evidence: string): string =>
      `workflows: { w: { initialState: a, states: { a: { transitions: { test: { target: b${evidence} } } }, b: { transitions: { merge: { target: c${guard} } } }, c: { terminal: true } } } }\npolicies: [{ assert: { transition: merge, after: { evidence: tests_passed } } }]\n`;
    expect(await verdict(text("", ", evidence: [tests_passed]"))).toBe("holds: 1 workflow, 1 place");
    expect(await verdict(text(", guards: [{ kind: evidence, requires: [tests_passed] }]", ""))).toBe(
      "holds: 1 workflow, 1 place",
    );
    expect(await verdict(text("", ""))).toBe('in "w": a —test→ b, and there merge is taken');
  });

  it("about executors look at capabilities and imports too", async () => {
    const policy =
      "policies: [{ assert: { executor: { connection: pay }, requires: { guard: { kind: permission, permission: pay.* } } } }]\nidentity: { kind: jwt, issuer: https://i.example, audience: a }\n";
    const connection = "connections: { pay: { baseUrl: https://pay.example } }\n";
    const expose = (guards: string): string =>
      `${connection}proxy: { expose: [{ name: x, executor: { kind: http, connection: pay }${guards} }] }\n${policy}`;
    expect(await verdict(expose(", guards: [{ kind: permission, permission: pay.send }]"))).toBe(
      "holds: 0 workflows, 1 place",
    );
    expect(await verdict(expose(""))).toBe('the capability "x" is started by itself');
    const imported = `connections: { pay: { kind: mcp, command: pay } }\nproxy: { import: [{ connection: pay }] }\n${policy}`;
    expect(await verdict(imported)).toBe('an imported tool of "pay" is started by itself');
  });

  it("look into child workflows for what is required", async () => {
    const text = (inner: string): string =>
      `workflows:\n  parent: { initialState: a, states: { a: { transitions: { review: { target: done, executor: { kind: workflow, definitionId: child } } } }, done: { terminal: true } } }\n  child: { initialState: x, states: { x: { transitions: { ${inner} } }, y: { terminal: true } } }\npolicies: [{ workflow: parent, assert: { reaching: done, requires: { transition: approve, actor: human } } }]\n`;
    expect(await verdict(text("approve: { target: y, actor: human }"))).toBe("holds: 1 workflow, 1 place");
    expect(await verdict(text("approve: { target: y, actor: human }, skip: { target: y }"))).toBe(
      'in "parent": a —review→ done',
    );
  });

  it("that are about nothing are errors", async () => {
    expect(
      await verdict(
        `${DEPLOY}policies: [{ name: p, assert: { reaching: depolyed, requires: { actor: human } } }]\n`,
      ),
    ).toEqual(['"p" is about nothing: no workflow of `*` has what it names']);
  });

  it("about the end find states from which there is none", async () => {
    expect(await verdict(`${DEPLOY}policies: [{ assert: { terminates: true } }]\n`)).toBe(
      "holds: 1 workflow, 3 places",
    );
  });

  it("about the end count on the workflow's deadline once: it does not pass a second time", async () => {
    const text = (way: string): string =>
      `workflows:\n  w: { initialState: a, timeoutMs: 1h, onTimeout: { target: b }, states: { a: { transitions: { stay: { target: a } } }, b: { transitions: { back: { target: a }, ${way} } }, d: { terminal: true } } }\npolicies: [{ assert: { terminates: true } }]\n`;
    expect(await verdict(text("end: { target: d }"))).toBe(
      'in "w": a —workflow\'s deadline→ b —back→ a, from where no terminal state can be reached',
    );
    expect(await verdict(text("end: { target: d }").replace("back: { target: a }, ", ""))).toBe(
      "holds: 1 workflow, 3 places",
    );
  });
});

describe("soundness", () => {
  const NAMES = ["a", "b", "c", "d"] as const;
  const name = fc.constantFrom(...NAMES);
  const transition = fc.record({
    target: name,
    actor: fc.constantFrom("agent", "human", "deterministic"),
    branch: fc.option(name, { nil: undefined }),
    reject: fc.option(name, { nil: undefined }),
    unknown: fc.option(name, { nil: undefined }),
    gate: fc.boolean(),
  });
  const state = fc.record({
    transitions: fc.dictionary(fc.constantFrom("approve", "go", "stop"), transition, { maxKeys: 3 }),
    timeout: fc.option(name, { nil: undefined }),
    failure: fc.option(name, { nil: undefined }),
  });
  const workflow = fc.record({
    states: fc.tuple(state, state, state),
    timeout: fc.option(name, { nil: undefined }),
  });

  type Sample = typeof workflow extends fc.Arbitrary<infer T> ? T : never;

  function toText(sample: Sample): string {
    const states = sample.states.map((one, index) => {
      const transitions = Object.entries(one.transitions).map(([key, t]) => {
        const human = t.gate || t.reject !== undefined;
        const executor = human
          ? `, executor: { kind: human${t.reject === undefined ? "" : `, onReject: { target: ${t.reject} }`} }`
          : "";
        const branches =
          t.branch === undefined
            ? ""
            : `, branches: [{ when: { kind: expr, expr: "$.context.x == 1" }, target: ${t.branch} }]`;
        const unknown = t.unknown === undefined ? "" : `, onUnknown: { target: ${t.unknown} }`;
        return `${key}: { target: ${t.target}, actor: ${t.actor}${executor}${branches}${unknown} }`;
      });
      const timeout =
        one.timeout === undefined ? "" : `timeoutMs: 1h, onTimeout: { target: ${one.timeout} }, `;
      const failure =
        one.failure === undefined
          ? ""
          : `onEnter: { executor: { kind: noop }, onFailure: { target: ${one.failure} } }, `;
      return `      ${NAMES[index]}: { ${timeout}${failure}transitions: { ${transitions.join(", ")} } }`;
    });
    const timeout =
      sample.timeout === undefined ? "" : `    timeoutMs: 1h\n    onTimeout: { target: ${sample.timeout} }\n`;
    return `workflows:\n  w:\n    initialState: a\n${timeout}    states:\n${states.join("\n")}\n      d: { terminal: true }\npolicies: [{ assert: { reaching: d, requires: { transition: approve, actor: human } } }]\n`;
  }

  /** Walks the sample itself, not the compiler's graph: every state with and without the approval behind it. */
  function reachesWithoutApproval(sample: Sample): boolean {
    const seen = new Set<string>();
    const open = [{ at: "a", approved: false }];
    for (let step = open.pop(); step !== undefined; step = open.pop()) {
      const { at, approved } = step;
      if (at === "d") {
        if (!approved) return true;
        continue;
      }
      if (seen.has(`${at}${approved}`)) continue;
      seen.add(`${at}${approved}`);
      const one = sample.states[NAMES.indexOf(at as "a")];
      if (one === undefined) continue;
      const move = (to: string | undefined, now: boolean): void =>
        void (to === undefined || open.push({ at: to, approved: now }));
      for (const [key, t] of Object.entries(one.transitions)) {
        const human = t.gate || t.reject !== undefined;
        const targets = [t.target, ...(t.branch === undefined ? [] : [t.branch])];
        const asksPeople = (target: string): boolean =>
          Object.values(sample.states[NAMES.indexOf(target as "a")]?.transitions ?? {}).some(
            (next) => next.actor === "human",
          );
        const gates = !targets.some(asksPeople);
        const now = approved || (key === "approve" && (t.actor === "human" || (human && gates)));
        for (const target of targets) move(target, now);
        // What only asks the people of the next state is not rejected itself.
        if (!targets.every(asksPeople)) move(t.reject, approved);
        move(t.unknown, approved);
      }
      move(one.timeout, approved);
      move(one.failure, approved);
      move(sample.timeout, approved);
    }
    return false;
  }

  it("no walk over a random workflow contradicts a proved policy, and every counter-example is a walk", async () => {
    await fc.assert(
      fc.asyncProperty(workflow, async (sample) => {
        const { policies } = await compileText(toText(sample));
        expect(policies[0]?.holds).toBe(!reachesWithoutApproval(sample));
      }),
      { numRuns: 300 },
    );
  });
});
