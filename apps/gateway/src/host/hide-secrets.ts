import {
  parseJson,
  type AuthIr,
  type ConnectionDirectory,
  type ConnectionIr,
  type Executor,
  type ExecutorOutcome,
} from "@mcp-flowgate/core";

/**
 * Takes what a connection authenticates with out of what comes back over it: results and errors are kept and shown. A
 * server or command that repeats its own secret does not tell it to the caller.
 *
 * What counts is everything secret in `auth`, a password in the URL, and variables and headers whose names say so; values
 * of other variables are data that a server may rightly repeat.
 */
export function hideSecrets(executor: Executor, connections: ConnectionDirectory): Executor {
  const known = new WeakMap<ConnectionIr, readonly string[]>();
  const secretsOf = (name: string | undefined): readonly string[] => {
    const connection = name === undefined ? undefined : connections.get(name);
    if (connection === undefined) return [];
    let secrets = known.get(connection);
    if (secrets === undefined) {
      secrets = toWritten(connection);
      known.set(connection, secrets);
    }
    return secrets;
  };
  return {
    ...executor,
    async execute(call, context) {
      const secrets = secretsOf("connection" in call ? call.connection : undefined);
      const outcome = await executor.execute(call, context);
      return secrets.length === 0 ? outcome : without(outcome, secrets);
    },
  };
}

/** What is this short is a word, and no secret. */
const SHORTEST = 8;
const SAYS_SECRET = /pass|pwd|secret|token|key|auth|cred|cookie|session|signature/i;

function without(outcome: ExecutorOutcome, secrets: readonly string[]): ExecutorOutcome {
  const text = JSON.stringify(outcome);
  if (!secrets.some((secret) => text.includes(secret))) return outcome;
  return parseJson(
    secrets.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text),
  ) as ExecutorOutcome;
}

/** As they stand in JSON text; the longest first, so that one inside another leaves no rest. */
function toWritten(connection: ConnectionIr): readonly string[] {
  const named = "env" in connection ? connection.env : connection.headers;
  const auth = "auth" in connection ? connection.auth : undefined;
  const url = "url" in connection ? connection.url : "baseUrl" in connection ? connection.baseUrl : "";
  const values = [
    ...Object.entries(named).flatMap(([name, value]) =>
      // `Bearer …`: the scheme is no part of the secret.
      SAYS_SECRET.test(name) ? [value, value.replace(/^[A-Za-z]+ +/, "")] : [],
    ),
    ...(auth === undefined ? [] : secretsIn(auth)),
    ...(URL.canParse(url) ? [decodeURIComponent(new URL(url).password)] : []),
  ];
  return [...new Set(values)]
    .filter((value) => value.length >= SHORTEST)
    .map((value) => JSON.stringify(value).slice(1, -1))
    .sort((a, b) => b.length - a.length);
}

function secretsIn(auth: AuthIr): readonly string[] {
  switch (auth.kind) {
    case "bearer":
      return [auth.token];
    case "basic":
      return [auth.password, Buffer.from(`${auth.username}:${auth.password}`).toString("base64")];
    case "apiKey":
      return [auth.value];
    case "forward":
      return [auth.ownToken ?? ""];
    case "oauth2ClientCredentials":
    case "tokenExchange":
      return [auth.clientSecret ?? ""];
    default:
      return auth satisfies never;
  }
}
