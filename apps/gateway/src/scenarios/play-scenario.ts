import type {
  Scenario,
  ScenarioDecision,
  ScenarioFile,
  ScenarioPerson,
  ScenarioStep,
} from "@mcp-flowgate/config-compiler";
import {
  isJsonObject,
  type Approval,
  type AuditDraft,
  type Digest,
  type GatewayPlan,
  type Json,
  type JsonObject,
  type Principal,
} from "@mcp-flowgate/core";
import type { Snapshot } from "@mcp-flowgate/workflow-engine";
import { toPrincipal } from "../identity/to-principal.ts";
import { judgeStep, type Mismatch, type StepResult } from "./judge-step.ts";
import { createStage, type Stage } from "./stage.ts";

/** What a scenario came to. */
export interface Played {
  readonly name: string;
  readonly steps: number;
  /** The first step that is not as expected ends a scenario: what follows it would only be noise. */
  readonly failure?: {
    /** Counts from 0. */
    readonly step: number;
    readonly mismatches: readonly Mismatch[];
    /** What the gateway said. */
    readonly message: string;
  };
  readonly events: readonly AuditDraft[];
}

export interface PlayOptions {
  readonly plan: GatewayPlan;
  readonly file: ScenarioFile;
  readonly digest: Digest;
}

const NOBODY_NAMED: ScenarioPerson = {
  subject: "agent",
  tenant: "default",
  roles: [],
  permissions: [],
  kind: "agent",
};

/** Plays one scenario on a gateway of its own. */
export async function playScenario(scenario: Scenario, { plan, file, digest }: PlayOptions): Promise<Played> {
  const mocks = { ...file.mocks, ...scenario.mocks };
  const stage = createStage({ plan, mocks, at: Date.parse(file.at), digest });
  const run = new Run(stage, scenario.as ?? NOBODY_NAMED);
  for (const [index, step] of scenario.steps.entries()) {
    const before = { events: stage.events.length, calls: stage.calls.made.length };
    const unanswered = stage.calls.unanswered.length;
    const { result, problem } = await run.take(step, before);
    const mismatches = [
      ...(problem === undefined ? judgeStep(result, step.expect) : [{ problem }]),
      ...stage.calls.unanswered.slice(unanswered).map((call) => ({ problem: `no mock answers \`${call}\`` })),
    ];
    if (mismatches.length > 0) {
      const failure = { step: index, mismatches, message: result.message };
      return { name: scenario.name, steps: scenario.steps.length, failure, events: stage.events };
    }
  }
  return { name: scenario.name, steps: scenario.steps.length, events: stage.events };
}

interface Answered {
  readonly status: string;
  readonly code?: string;
  readonly message: string;
  readonly output?: Json;
  readonly links: readonly string[];
}

interface Taken {
  readonly result: StepResult;
  /** The step could not be taken at all. */
  readonly problem?: string;
}

/** One scenario on its way: who calls, and which workflow it is about. */
class Run {
  readonly #stage: Stage;
  readonly #as: ScenarioPerson;
  #current: { readonly workflowId: string; readonly owner: Principal } | undefined;

  constructor(stage: Stage, as: ScenarioPerson) {
    this.#stage = stage;
    this.#as = as;
  }

  async take(
    step: ScenarioStep,
    before: { readonly events: number; readonly calls: number },
  ): Promise<Taken> {
    const { clock, events, calls } = this.#stage;
    const answered = await ("advance" in step
      ? this.#stage.advance(step.advance)
      : clock.while(this.#perform(step)));
    await this.#stage.settle();
    const now = await this.#look();
    const answer = typeof answered === "string" ? NOTHING : (answered ?? toAnswer(now));
    const result: StepResult = {
      ...answer,
      ...(now?.instance === undefined ? {} : { state: now.instance.state, context: now.instance.context }),
      audit: events.slice(before.events),
      called: calls.made.slice(before.calls),
    };
    return typeof answered === "string" ? { result, problem: answered } : { result };
  }

  /** What was answered; `undefined` where the workflow itself tells; why the step cannot be taken. */
  async #perform(
    step: Exclude<ScenarioStep, { readonly advance: number }>,
  ): Promise<Answered | undefined | string> {
    if ("start" in step) {
      const { as, ...args } = step.start;
      const caller = this.#principal(as);
      const body = await this.#call("workflow.start", args, caller);
      const workflowId = idOf(body);
      if (workflowId !== undefined) this.#current = { workflowId, owner: caller };
      return fromBody(body);
    }
    const current = this.#current;
    if (current === undefined) return "there is no workflow: nothing was started before";
    if ("submit" in step) {
      const { as, transition, arguments: args, expectedVersion } = step.submit;
      const version = expectedVersion ?? (await this.#look())?.instance?.version ?? 0;
      const submit = {
        workflowId: current.workflowId,
        expectedVersion: version,
        transition,
        arguments: args,
      };
      return fromBody(await this.#call("workflow.submit", submit, this.#principal(as)));
    }
    if ("get" in step) {
      const { workflowId } = current;
      return fromBody(await this.#call("workflow.get", { workflowId }, this.#principal(step.get.as)));
    }
    if ("approve" in step) return await this.#decide("approve", step.approve);
    if ("reject" in step) return await this.#decide("reject", step.reject);
    const { workflowId } = current;
    const correlationId = this.#stage.surface.newCorrelationId();
    const { engine } = this.#stage;
    if ("cancel" in step) {
      const { as, reason } = step.cancel;
      const principal = this.#person(as);
      return fromSnapshot(await engine.cancel({ workflowId, reason, principal, correlationId }));
    }
    const { as, ...found } = step.resolve;
    const principal = this.#person(as);
    return fromSnapshot(await engine.resolveUnknown({ workflowId, ...found, principal, correlationId }));
  }

  async #decide(
    decision: "approve" | "reject",
    wanted: ScenarioDecision,
  ): Promise<Answered | undefined | string> {
    const { engine, surface } = this.#stage;
    const principal = this.#person(wanted.as);
    const waiting = await this.#waiting(wanted);
    const [approval] = waiting;
    if (approval === undefined) {
      return `nothing waits for a person${wanted.queue === undefined ? "" : ` in the queue ${wanted.queue}`}`;
    }
    if (waiting.length > 1) {
      const queues = waiting.map(({ queue }) => queue).join(", ");
      return `${waiting.length} approvals wait (${queues}): name one by \`queue\``;
    }
    const { reason, input, transition } = wanted;
    const snapshot = await engine.decide({
      approvalId: approval.id,
      decision,
      principal,
      correlationId: surface.newCorrelationId(),
      ...(reason === undefined ? {} : { reason }),
      ...(input === undefined ? {} : { input }),
      ...(transition === undefined ? {} : { transition }),
    });
    return snapshot.error === undefined ? undefined : fromSnapshot(snapshot);
  }

  async #waiting({ as, queue }: ScenarioDecision): Promise<readonly Approval[]> {
    const { items } = await this.#stage.engine.approvals({ principal: overseer(as.tenant) });
    return items.filter((approval) => queue === undefined || approval.queue === queue);
  }

  async #look(): Promise<Snapshot | undefined> {
    const current = this.#current;
    return current && (await this.#stage.engine.get(current.workflowId, current.owner));
  }

  async #call(tool: string, args: object, principal: Principal): Promise<JsonObject> {
    const { surface } = this.#stage;
    const correlationId = surface.newCorrelationId();
    const signal = (): AbortSignal => new AbortController().signal;
    return (await surface.call(tool, args as JsonObject, { principal, correlationId, signal })).body;
  }

  #principal(as: ScenarioPerson | undefined): Principal {
    return toPrincipal({ ...(as ?? this.#as), via: "scenario" }, this.#stage.plan.roles);
  }

  #person(as: ScenarioPerson): Principal {
    return { ...this.#principal(as), kind: "human" };
  }
}

/** Sees what waits in a tenant; it decides nothing. */
function overseer(tenant: string): Principal {
  return {
    subject: "scenario",
    tenant,
    roles: [],
    permissions: ["workflow.*"],
    kind: "human",
    via: "scenario",
  };
}

const NOTHING: Answered = { status: "none", message: "", links: [] };

function toAnswer(snapshot: Snapshot | undefined): Answered {
  return snapshot === undefined ? NOTHING : fromSnapshot(snapshot);
}

function fromSnapshot({ status, message, output, links, error }: Snapshot): Answered {
  return {
    status,
    message,
    ...(error === undefined ? {} : { code: error.code }),
    ...(output === undefined ? {} : { output }),
    links: links.filter(({ method }) => method === "workflow.submit").map(({ rel }) => rel),
  };
}

/** An answer as a model gets it. */
function fromBody(body: JsonObject): Answered {
  const result = memberOf(body, "result");
  const error = memberOf(body, "error");
  const links = Array.isArray(body["links"]) ? body["links"].filter(isJsonObject) : [];
  return {
    status: String(result["status"] ?? "none"),
    message: String(error["message"] ?? result["message"] ?? ""),
    ...(typeof error["code"] === "string" ? { code: error["code"] } : {}),
    ...(result["output"] === undefined ? {} : { output: result["output"] }),
    links: links.filter((link) => link["method"] === "workflow.submit").map((link) => String(link["rel"])),
  };
}

function idOf(body: JsonObject): string | undefined {
  const { id } = memberOf(body, "workflow");
  return typeof id === "string" ? id : undefined;
}

function memberOf(body: JsonObject, name: string): JsonObject {
  const value = body[name];
  return value !== undefined && isJsonObject(value) ? value : {};
}
