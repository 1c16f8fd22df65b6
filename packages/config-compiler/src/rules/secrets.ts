import type { Cursor } from "../emit/cursor.ts";
import { identityProviders } from "./identity.ts";
import type { Rule, RuleContext } from "./rule.ts";

/** Credentials that stand in the file itself: FG614. */
export const checkSecrets: Rule = (context) => {
  const { root } = context;
  for (const connection of root.entriesOf("connections")) {
    const auth = connection.child("auth");
    for (const key of ["token", "password", "clientSecret", "value"]) literal(auth?.get(key), key, context);
    for (const header of connection.entriesOf("headers")) {
      if (SECRET_HEADER.test(header.name) || isToken(header)) literal(header, header.name, context);
    }
    for (const variable of connection.entriesOf("env")) {
      if (SECRET_NAME.test(variable.name) || isToken(variable)) literal(variable, variable.name, context);
      else inUrl(variable, context);
    }
    for (const argument of connection.itemsOf("args"))
      if (isToken(argument)) literal(argument, "args", context);
    for (const key of ["url", "baseUrl"]) inUrl(connection.get(key), context);
  }
  inUrl(root.child("store")?.get("url"), context);
  const embeddings = root.child("discovery")?.child("embeddings");
  literal(embeddings?.get("apiKey"), "apiKey", context);
  inUrl(embeddings?.get("url"), context);
  for (const sink of root.child("audit")?.itemsOf("sinks") ?? [])
    literal(sink.get("secret"), "secret", context);
  for (const provider of identityProviders(root)) {
    for (const key of provider.itemsOf("keys")) literal(key.get("key"), "key", context);
    literal(provider.get("clientSecret"), "clientSecret", context);
    literal(provider.child("secretHeader")?.get("value"), "value", context);
  }
};

const SECRET_HEADER = /^(?:authorization|proxy-authorization|cookie|x-api-key|.*-token|.*-secret)$/i;
const SECRET_NAME = /(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|PRIVATE_KEY|CREDENTIALS?)$/i;
/** Forms that the great issuers publish, so that leaks can be found. */
const TOKEN =
  /^(?:Bearer\s+)?(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|sk-[\w-]{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----)/;

function isToken(cursor: Cursor): boolean {
  return cursor.value !== undefined && TOKEN.test(cursor.value.trim());
}

function literal(cursor: Cursor | undefined, name: string, { report }: RuleContext): void {
  const { node } = cursor ?? {};
  if (cursor === undefined || node?.kind !== "scalar" || node.template !== undefined) return;
  if (typeof node.value !== "string" || node.value.trim() === "") return;
  report("FG614", node, `\`${name}\` is a secret that is written into the file`, {
    pointer: cursor.pointer,
    hint: "Take it from a variable, `${NAME}`, or from a file, `${file:/run/secrets/name}`.",
  });
}

function inUrl(cursor: Cursor | undefined, context: RuleContext): void {
  const value = cursor?.value;
  if (
    cursor === undefined ||
    value === undefined ||
    !/^[a-z][a-z\d+.-]*:\/\/[^/@:\s]*:[^/@\s]+@/i.test(value)
  )
    return;
  literal(cursor, cursor.name, context);
}
