import { checkGraph } from "./graph.ts";
import type { Rule } from "./rule.ts";

/** Every rule, in the order in which they run. They do not depend on each other. */
export const RULES: readonly Rule[] = [checkGraph];
