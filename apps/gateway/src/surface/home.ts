import { answer, searchLink, type Answer, type Caller } from "./answer.ts";
import type { SurfaceContext } from "./surface.ts";

const MOST_ACTIVE = 5;

/** `gateway.home`: under 400 tokens whatever the catalogue's size. */
export async function home(context: SurfaceContext, caller: Caller): Promise<Answer> {
  const { principal } = caller;
  const view = context.viewOf(principal);
  const open = await context.engine.instances({
    principal,
    statuses: ["idle", "running", "waiting", "outcome_unknown", "parked"],
    limit: MOST_ACTIVE,
  });
  return answer({
    gateway: context.gateway,
    counts: { ...view.counts() },
    topics: view.topics().map(({ tag, count }) => ({ tag, count })),
    active: open.items.map(({ id, definitionId, state, status }) => ({
      workflowId: id,
      definitionId,
      state,
      status,
    })),
    links: [
      searchLink(""),
      { rel: "list_workflows", method: "gateway.search", args: { query: "", kind: "workflow" } },
      { rel: "list_capabilities", method: "gateway.search", args: { query: "", kind: "capability" } },
    ],
  });
}
