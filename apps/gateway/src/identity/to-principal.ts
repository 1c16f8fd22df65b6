import { DEFAULT_TENANT, type GatewayPlan, type Json, type Principal } from "@mcp-flowgate/core";

/** `roles: { name: [permissions] }` of the configuration. */
export type RoleTable = GatewayPlan["roles"];

/** Adds to the permissions of a principal those that its roles stand for. */
export function expandRoles(
  roles: readonly string[],
  permissions: readonly string[],
  table: RoleTable,
): readonly string[] {
  return [
    ...new Set([
      ...permissions,
      ...roles.flatMap((role) => (Object.hasOwn(table, role) ? (table[role] ?? []) : [])),
    ]),
  ];
}

/** A principal with its roles expanded; what is left out is nobody's: no role, no permission, the default tenant. */
export function toPrincipal(
  from: {
    readonly subject: string;
    readonly via: string;
    readonly tenant?: string | undefined;
    readonly roles?: readonly string[];
    readonly permissions?: readonly string[];
    readonly kind?: Json | undefined;
  },
  table: RoleTable,
): Principal {
  const roles = from.roles ?? [];
  return {
    subject: from.subject,
    tenant: from.tenant ?? DEFAULT_TENANT,
    roles,
    permissions: expandRoles(roles, from.permissions ?? [], table),
    kind: toKind(from.kind),
    via: from.via,
  };
}

/** Anything but the known words is an agent, the kind that may do least. */
export function toKind(kind: Json | undefined): Principal["kind"] {
  return kind === "human" || kind === "service" ? kind : "agent";
}

/** A list of texts as it is; anything else is no list. */
export function textsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

/** A subject or tenant that can be shown in one line: no control characters, not empty, at most 256 characters. */
export function isName(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- exactly these are refused
  return text !== "" && text.length <= 256 && !/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text);
}
