import { writtenText } from "../source/config-node.ts";
import type { Modern } from "./field.ts";

/** `discovery.enabled` says today what `include` finds: everything, or an empty list. */
export const modernEnabled: Modern = ({ key, value }, owner) => {
  if (value.kind !== "scalar" || value.template !== undefined) return undefined;
  if (value.value === true) return [{ kind: "remove", at: key }];
  const include = owner.entries.get("include");
  if (include === undefined) {
    return [
      { kind: "key", at: key, text: "include" },
      { kind: "empty", at: key },
    ];
  }
  // Another file's list may serve other configurations too.
  if (include.key.source !== key.source) return undefined;
  return [
    { kind: "remove", at: key },
    { kind: "empty", at: include.key },
  ];
};

/** A folder of files is a database file in that folder today. */
export const modernStoreKind: Modern = ({ value }, owner) => {
  const path = owner.entries.get("path")?.value;
  const kind = writtenText(value);
  if (kind === undefined || path?.kind !== "scalar" || typeof path.value !== "string") return undefined;
  const from = path.template ?? path.value;
  return [
    { kind: "scalar", at: value, from: kind, text: "sqlite" },
    { kind: "scalar", at: path, from, text: `${from.replace(/[/\\]$/, "")}/flowgate.sqlite` },
  ];
};
