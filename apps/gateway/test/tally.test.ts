import { expect, test } from "vitest";
import { MAX_SERIES } from "../src/telemetry/metric-catalogue.ts";
import { createTally } from "../src/telemetry/tally.ts";

test("a counter has a series for each combination of its labels, and counts each on its own", () => {
  const { meter, read } = createTally();
  meter.count("flowgate_transitions_total", { definition: "a", transition: "go", outcome: "committed" });
  meter.count("flowgate_transitions_total", { outcome: "committed", transition: "go", definition: "a" });
  meter.count("flowgate_transitions_total", { definition: "a", transition: "go", outcome: "failed" });
  meter.count("flowgate_transitions_total", { definition: "b", transition: "go", outcome: "committed" });
  meter.count("flowgate_auth_rejected_total", {});

  expect(read()).toEqual([
    {
      kind: "counter",
      name: "flowgate_transitions_total",
      series: [
        { labels: { definition: "a", transition: "go", outcome: "committed" }, count: 2 },
        { labels: { definition: "a", transition: "go", outcome: "failed" }, count: 1 },
        { labels: { definition: "b", transition: "go", outcome: "committed" }, count: 1 },
      ],
    },
    { kind: "counter", name: "flowgate_auth_rejected_total", series: [{ labels: {}, count: 1 }] },
  ]);
});

test("a time is in the first bucket whose bound it does not exceed", () => {
  const { meter, read } = createTally();
  for (const seconds of [0, 0.001, 0.0011, 300, 301])
    meter.time("flowgate_call_duration_seconds", seconds, { tool: "gateway.home" });

  const [histogram] = read();
  if (histogram?.kind !== "histogram") throw new Error("nothing was timed");
  expect(histogram.series).toEqual([
    {
      labels: { tool: "gateway.home" },
      count: 5,
      sum: 0 + 0.001 + 0.0011 + 300 + 301,
      least: 0,
      most: 301,
      buckets: [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
    },
  ]);
  expect(histogram.bounds).toHaveLength(16);
});

test("series beyond the bound are counted together, and those that were there go on", () => {
  const { meter, read } = createTally();
  for (let n = 0; n < MAX_SERIES + 10; n += 1)
    meter.count("flowgate_rejections_total", { tool: "workflow.start", code: `C${n}` });
  meter.count("flowgate_rejections_total", { tool: "gateway.home", code: "C0" });
  meter.count("flowgate_rejections_total", { tool: "workflow.start", code: "C0" });

  const [{ series = [] } = {}] = read();
  expect(series).toHaveLength(MAX_SERIES);
  expect(series[0]).toEqual({ labels: { tool: "workflow.start", code: "C0" }, count: 2 });
  expect(series.at(-1)).toEqual({ labels: { "otel.metric.overflow": "true" }, count: 12 });
});
