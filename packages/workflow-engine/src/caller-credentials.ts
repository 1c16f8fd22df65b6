import {
  parseJson,
  type CallerCredentials,
  type ExecutorOutcome,
  type Operation,
  type Principal,
} from "@mcp-flowgate/core";

/** Whoever waits for a drive, and what they showed who they are with. Held by the drive alone, and never written. */
export interface DriveCaller {
  readonly principal: Principal;
  readonly credentials: CallerCredentials;
}

/** The caller's credentials for a step that runs with the caller's own authority; no other step may use them. */
export function credentialsFor(
  { actor }: Operation,
  caller: DriveCaller | undefined,
): CallerCredentials | undefined {
  const isOwn = caller?.principal.subject === actor.subject && caller.principal.tenant === actor.tenant;
  return isOwn ? caller?.credentials : undefined;
}

/** Outcomes are kept and shown: a token that the other side repeats is taken out of them. */
export function withoutToken(
  outcome: ExecutorOutcome,
  credentials: CallerCredentials | undefined,
): ExecutorOutcome {
  const bearer = credentials?.bearer();
  // What is this short is a word, and no secret.
  if (bearer === undefined || bearer.length < MIN_TOKEN_LENGTH) return outcome;
  const text = JSON.stringify(outcome);
  const written = JSON.stringify(bearer).slice(1, -1);
  if (!text.includes(written)) return outcome;
  return parseJson(text.replaceAll(written, REPLACEMENT)) as ExecutorOutcome;
}

const MIN_TOKEN_LENGTH = 8;
const REPLACEMENT = "[caller's token]";
