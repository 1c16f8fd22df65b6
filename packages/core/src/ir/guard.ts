/** What must hold before a transition may run. Expressions stay source text: guards-expr compiles them once per definition. */
export type GuardIr =
  | { readonly kind: "permission"; readonly permission: string; readonly shown?: string }
  | { readonly kind: "role"; readonly role: string; readonly shown?: string }
  /** `shown` is how it is told to people where a part of it came from a variable or a file, which is secret. */
  | { readonly kind: "expr"; readonly expr: string; readonly shown?: string }
  | { readonly kind: "evidence"; readonly requires: readonly EvidenceRequirement[] }
  | { readonly kind: "allOf"; readonly guards: readonly GuardIr[] }
  | { readonly kind: "anyOf"; readonly guards: readonly GuardIr[] }
  | { readonly kind: "not"; readonly guard: GuardIr }
  /** The caller is none of those who did one of these transitions. */
  | { readonly kind: "separation"; readonly from: readonly string[] }
  | {
      readonly kind: "rateLimit";
      readonly max: number;
      readonly perMs: number;
      readonly key: "principal" | "definition" | "global";
    }
  /** Passes on these days between these hours of the time zone. `hours` is `HH:MM-HH:MM`; an end before the start runs over midnight. */
  | {
      readonly kind: "schedule";
      readonly days?: readonly Weekday[];
      readonly hours?: string;
      /** IANA name, for example `Europe/Berlin`. */
      readonly timezone: string;
    };

export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

export interface EvidenceRequirement {
  readonly kind: string;
  readonly count: number;
  /** `actor`: count distinct people, not rows. */
  readonly distinct?: "actor";
}
