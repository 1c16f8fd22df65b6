import { checkBranches } from "./branches.ts";
import { checkDeterministic } from "./deterministic.ts";
import { checkExpressions } from "./expressions.ts";
import { checkEgress } from "./egress.ts";
import { checkExposure } from "./exposure.ts";
import { checkGraph } from "./graph.ts";
import { checkLock } from "./lock.ts";
import { checkIdentityProviders } from "./identity-providers.ts";
import { checkPeople } from "./people.ts";
import type { Rule } from "./rule.ts";
import { checkSecrets } from "./secrets.ts";
import { checkSeparation } from "./separation.ts";
import { checkSubWorkflows } from "./sub-workflows.ts";
import { checkPaths } from "./produced-paths.ts";

/** Every rule, in the order in which they run. They do not depend on each other. */
export const RULES: readonly Rule[] = [
  checkGraph,
  checkDeterministic,
  checkBranches,
  checkSeparation,
  checkSubWorkflows,
  checkPaths,
  checkExpressions,
  checkPeople,
  checkSecrets,
  checkExposure,
  checkEgress,
  checkLock,
  checkIdentityProviders,
];
