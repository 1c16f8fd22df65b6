import type { GuardConfig } from "./mcpg.ts";

/** A text in the words of this format, or why there is none. */
export type Taken<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly why: string };

const PLACEHOLDER = /\$\{([^}]*)\}/g;
const ARGUMENT = /^\$?arguments\.([A-Za-z_][\w.]*)$/;
const CALLER: { readonly [expression: string]: string } = {
  principal_id: "$.principal.subject",
  "context.principal_id": "$.principal.subject",
  "identity.subject_id": "$.principal.subject",
  "identity.subject": "$.principal.subject",
  "identity.tenant": "$.principal.tenant",
  "context.attributes.tenant": "$.principal.tenant",
};

/** `${…}` of a header, an argument or a query value as a template. `${env.X}` means the same in both formats. */
export function takeTemplate(text: string, tool: string): Taken<string> {
  const whole = /^\$\{([^}]*)\}$/.exec(text);
  const read = whole === null ? undefined : pathOf(whole[1] as string);
  if (read !== undefined) return { ok: true, value: read };
  let why: string | undefined;
  const value = text.replaceAll(PLACEHOLDER, (placeholder, inner: string) => {
    const name = inner.trim();
    if (/^\$?env\.\w+$/.test(name)) return placeholder;
    if (name === "tool_name") return tool;
    const path = pathOf(name);
    if (path !== undefined) return `{{ ${path} }}`;
    why ??= reason(placeholder);
    return placeholder;
  });
  return why === undefined ? { ok: true, value } : { ok: false, why };
}

/** The path of a URL, with `{name}` for each argument that stands in it. */
export function takePath(text: string): Taken<string> {
  let why: string | undefined;
  const value = text.replaceAll(PLACEHOLDER, (placeholder, inner: string) => {
    const [, name] = ARGUMENT.exec(inner.trim()) ?? [];
    if (name !== undefined && !name.includes(".")) return `{${name}}`;
    if (/^\$?env\.\w+$/.test(inner.trim())) return placeholder;
    why ??= reason(placeholder);
    return placeholder;
  });
  return why === undefined ? { ok: true, value } : { ok: false, why };
}

/** The names of the arguments that a text reads. */
export function argumentsOf(text: string): readonly string[] {
  return [...text.matchAll(PLACEHOLDER)].flatMap(([, inner = ""]) => {
    const [, name] = ARGUMENT.exec(inner.trim()) ?? [];
    return name === undefined ? [] : [name.split(".")[0] as string];
  });
}

const COMPARISON =
  /^\$?(arguments\.[\w.]+|[\w.]+)\s*(==|!=|<=|>=|<|>)\s*("[^"]*"|'[^']*'|-?\d+(?:\.\d+)?|true|false)$/;
const MEMBER = /^(?:"([^"]+)"|'([^']+)')\s+in\s+(?:identity|context)\.(?:groups|roles)$/;
const HAS = /^identity\.has_(?:group|role)\((?:"([^"]+)"|'([^']+)')\)$/;

/** A CEL condition as guards: comparisons and memberships joined by `&&`. Anything else is not guessed at. */
export function takeCondition(cel: string): Taken<readonly GuardConfig[]> {
  const guards: GuardConfig[] = [];
  for (const part of cel.split("&&").map((one) => one.trim())) {
    const member = MEMBER.exec(part) ?? HAS.exec(part);
    const role = member?.[1] ?? member?.[2];
    if (role !== undefined) {
      guards.push({ kind: "role", role });
      continue;
    }
    const [, left = "", operator = "", right = ""] = COMPARISON.exec(part) ?? [];
    const path = left.startsWith("arguments.") ? `$.${left}` : CALLER[left];
    if (path === undefined)
      return { ok: false, why: `the condition ${JSON.stringify(cel)} has no counterpart` };
    guards.push({ kind: "expr", expr: `${path} ${operator} ${right}` });
  }
  return { ok: true, value: guards };
}

function pathOf(inner: string): string | undefined {
  const name = inner.trim().replace(/^\$/, "");
  const [, argument] = ARGUMENT.exec(name) ?? [];
  return argument === undefined ? CALLER[name] : `$.arguments.${argument}`;
}

function reason(placeholder: string): string {
  return placeholder.startsWith("${cred://")
    ? `${placeholder} is a credential of a plugin; name it in a connection's \`auth\``
    : `${placeholder} has no counterpart`;
}
