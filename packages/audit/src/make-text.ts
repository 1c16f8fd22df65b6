import { randomBytes } from "node:crypto";
import type { AuditDraft, AuditIr, Digest, Ids } from "@mcp-flowgate/core";
import { createPayloadMode } from "./payload-mode.ts";
import { createQuickMaker } from "./quick-text.ts";
import { createRedactor } from "./redact.ts";
import type { Redactor } from "./redact.ts";
import { toEventText } from "./record.ts";
import type { EventText } from "./record.ts";
import { loadSigningKey } from "./signing-key.ts";

/**
 * Makes events what may be recorded of them: a new id, nothing secret, as much of the payload as is configured.
 * @throws TypeError for a pointer that cannot be redacted; the function it returns, for numbers without JSON text.
 */
export function createTextMaker(
  ir: AuditIr,
  deps: { readonly ids: Ids; readonly digest: Digest; readonly secrets: readonly string[] },
  key: Uint8Array,
): (draft: AuditDraft) => EventText {
  const redactor = createRedactor({ redact: ir.redact, secrets: deps.secrets, key });
  const exact = createExactMaker(ir, deps.digest, redactor);
  const quick = createQuickMaker(ir, deps.digest, redactor);
  return (draft) => {
    const id = deps.ids.next("evt");
    return quick(draft, id) ?? exact(draft, id);
  };
}

/** Step by step: what {@link createQuickMaker} has to come to as well. */
export function createExactMaker(
  ir: AuditIr,
  digest: Digest,
  redactor: Redactor,
): (draft: AuditDraft, id: string) => EventText {
  const reduce = createPayloadMode(ir.payloads, digest);
  return (draft, id) =>
    toEventText({
      ...redactFacts(draft, redactor),
      id,
      payload: reduce(redactor.redactPayload(draft.payload)),
    });
}

/** From the signing key where there is one, so that equal secrets have equal marks in all processes and for ever. */
export async function redactionKey(ir: AuditIr): Promise<Uint8Array> {
  const file = signingKeyPath(ir, ir.sinks.find((sink) => sink.kind === "file")?.path);
  return file === undefined ? randomBytes(32) : (await loadSigningKey(file)).derive("redaction");
}

/** The key of a trail: the configured one, or one beside its file. */
export function signingKeyPath(ir: AuditIr, path: string | undefined): string | undefined {
  return ir.signingKeyFile ?? (path === undefined ? undefined : `${path}.key`);
}

function redactFacts(draft: AuditDraft, redactor: Redactor): AuditDraft {
  const { principal, traceId, workflowId, definitionId, operationId } = draft;
  const text = redactor.redactText;
  return {
    ...draft,
    correlationId: text(draft.correlationId),
    ...(traceId === undefined ? {} : { traceId: text(traceId) }),
    ...(workflowId === undefined ? {} : { workflowId: text(workflowId) }),
    ...(definitionId === undefined ? {} : { definitionId: text(definitionId) }),
    ...(operationId === undefined ? {} : { operationId: text(operationId) }),
    ...(principal === undefined
      ? {}
      : {
          principal: {
            kind: principal.kind,
            subject: redactor.redactField("subject", principal.subject),
            tenant: redactor.redactField("tenant", principal.tenant),
            via: redactor.redactField("via", principal.via),
          },
        }),
  };
}
