import { isJsonObject } from "@mcp-flowgate/core";
import type { Answer } from "../surface/answer.ts";
import type { Surface } from "../surface/surface.ts";
import type { Meter, Samples } from "./meter.ts";

export interface ObservedSurface extends Surface {
  sample(samples: Samples): void;
}

/** A surface whose calls are counted and timed. */
export function observeSurface(surface: Surface, meter: Meter): ObservedSurface {
  let running = 0;
  return {
    ...surface,
    async call(name, args, caller) {
      running += 1;
      const begin = performance.now();
      try {
        const answer = await surface.call(name, args, caller);
        const tool = name.replace("_", ".");
        const code = codeOf(answer);
        const outcome = code === undefined ? "ok" : isRejected(answer) ? "rejected" : "failed";
        meter.time("flowgate_call_duration_seconds", (performance.now() - begin) / 1000, { tool });
        meter.count("flowgate_calls_total", { tool, outcome });
        if (code !== undefined) meter.count("flowgate_rejections_total", { tool, code });
        return answer;
      } finally {
        running -= 1;
      }
    },
    sample: (samples) => samples.put("flowgate_calls_in_flight", running, {}),
  };
}

/** The error code of an answer: of a closed set. */
export function codeOf({ body }: Answer): string | undefined {
  const error = body["error"];
  return isJsonObject(error) && typeof error["code"] === "string" ? error["code"] : undefined;
}

function isRejected({ body }: Answer): boolean {
  return isJsonObject(body["result"]) && body["result"]["status"] === "rejected";
}
