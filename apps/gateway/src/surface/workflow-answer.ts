import {
  isJsonObject,
  type Json,
  type JsonObject,
  type LimitsIr,
  type WorkflowInstance,
} from "@mcp-flowgate/core";
import { isKeptRef, SESSION, type Link, type Snapshot } from "@mcp-flowgate/workflow-engine";
import { searchLink, type Answer } from "./answer.ts";
import { toPointer } from "./kept-output.ts";
import { liftBlocks } from "./lift-blocks.ts";
import { fitAnswer } from "./fit.ts";
import { leaveOutLongArguments } from "./long-arguments.ts";
import { byteLength, truncateValues } from "./truncate.ts";

/** The workflow response of `start`, `get` and `submit`: everything of a snapshot, within the limits. */
export function toAnswer(snapshot: Snapshot, limits: LimitsIr): Answer {
  const { instance } = snapshot;
  // Nothing ran in a rejected call: what an earlier one returned would only be paid for again.
  const output = snapshot.status === "rejected" ? undefined : snapshot.output;
  const shown = isKeptRef(output) ? toPointer(output, snapshot) : output;
  const most = Math.max(limits.outputBytes, limits.spillBytes);
  const lifted = liftBlocks(shown, snapshot.content ?? [], most);
  const links = toLinks(snapshot, limits);
  const body = {
    ...(instance === undefined
      ? {}
      : {
          workflow: toHead(instance),
        }),
    result: {
      status: snapshot.status,
      message: snapshot.message,
      ...(lifted.output === undefined ? {} : { output: lifted.output }),
    },
    context: snapshot.context,
    ...(snapshot.guidance === undefined ? {} : { guidance: { ...snapshot.guidance } }),
    links,
    ...listed(
      "chain",
      snapshot.chain.map((step) => ({ ...step })),
    ),
    ...listed("evidence", evidenceList(snapshot)),
    ...listed("approvals", [
      ...snapshot.approvals.map(({ id, queue, title, transitions, status }) => ({
        id,
        queue,
        title,
        ...(transitions.length === 1 ? { transition: transitions[0] as string } : { transitions }),
        status,
      })),
      ...snapshot.elsewhere,
    ]),
    ...(snapshot.error === undefined ? {} : { error: { ...snapshot.error } as JsonObject }),
  };
  const text = JSON.stringify(body);
  const fits = Buffer.byteLength(text) <= limits.responseBytes;
  return {
    ...(fits
      ? { body, written: { body, text } }
      : { body: bounded(body, instance?.id, limits.responseBytes) }),
    isError: snapshot.status === "rejected" || snapshot.status === "failed",
    ...(lifted.blocks.length === 0 ? {} : { content: lifted.blocks }),
  };
}

/** Which instance an answer is about. */
export function toHead(instance: WorkflowInstance): JsonObject {
  return {
    id: instance.id,
    definitionId: instance.definitionId,
    definitionVersion: instance.definitionVersion,
    definitionHash: `sha256:${instance.definitionHash.slice(0, 12)}`,
    state: instance.state,
    version: instance.version,
  };
}

export function evidenceList({ evidence }: Snapshot): readonly JsonObject[] {
  return evidence.map(({ kind, id, outcome, summary, uri }) => ({
    kind,
    id,
    ...(outcome === "failure" ? { outcome } : {}),
    summary,
    ...(uri === undefined ? {} : { uri }),
  }));
}

type Body = JsonObject & {
  readonly result: JsonObject;
  readonly context: JsonObject;
  readonly links: readonly JsonObject[];
};

/** What `workflow.get` reads by path: the parts of an answer that can be too large for one. */
export function readableRoots(snapshot: Snapshot): { readonly [name: string]: Json } {
  return {
    context: snapshot.context,
    output: snapshot.output ?? null,
    input: snapshot.instance?.input ?? {},
    links: snapshot.links.map((link) => ({ ...link })) as readonly JsonObject[],
  };
}

/** An answer within its limit: long arguments of its links, then its largest values give way to how they are had. */
export function bounded(whole: Body, workflowId: string | undefined, maxBytes: number): JsonObject {
  const over = byteLength(whole) - maxBytes;
  if (over <= 0) return whole;
  const body = { ...whole, links: leaveOutLongArguments(whole.links, workflowId, over) };
  const size = byteLength(body);
  if (size <= maxBytes) return body;
  // Before there is an instance there is nothing that could be read.
  if (workflowId === undefined) return fitAnswer(body, maxBytes);
  const values: Record<string, Json> = { "$.context": body.context };
  if (body.result["output"] !== undefined) values["$.output"] = body.result["output"];
  for (const [index, link] of body.links.entries())
    if (link["inputSchema"] !== undefined) values[`$.links[${index}].inputSchema`] = link["inputSchema"];
  const rest = size - Object.values(values).reduce<number>((sum, value) => sum + byteLength(value), 0);
  const kept = truncateValues(workflowId, values, rest, maxBytes);
  // What is still too much are texts of the definition: titles, goals, guidance.
  return fitAnswer(
    {
      ...body,
      context: kept["$.context"] as Json,
      result: "$.output" in kept ? { ...body.result, output: kept["$.output"] as Json } : body.result,
      links: body.links.map((link, index) => {
        const schema = kept[`$.links[${index}].inputSchema`];
        return schema === undefined ? link : { ...link, inputSchema: schema };
      }),
    },
    maxBytes,
  );
}

/** At most `limits.links`, in declaration order; a search link says that there are more. */
function toLinks(snapshot: Snapshot, limits: LimitsIr): readonly JsonObject[] {
  const session = snapshot.instance?.definitionId === SESSION;
  const shown = snapshot.links
    .slice(0, limits.links)
    .map((link) => (session ? toSessionLink(link) : ({ ...link } as unknown as JsonObject)));
  return session || shown.length < snapshot.links.length ? [...shown, searchLink("")] : shown;
}

/** The session form lists names only: search and describe tell the rest, and every capability can be submitted by name. */
function toSessionLink({ rel, method, args }: Link): JsonObject {
  const { arguments: prefilled, ...rest } = args;
  const empty = isJsonObject(prefilled) && Object.keys(prefilled).length === 0;
  return { rel, method, args: empty ? rest : args };
}

function listed(name: string, items: readonly JsonObject[]): JsonObject {
  return items.length === 0 ? {} : { [name]: items };
}
