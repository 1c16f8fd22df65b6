import type { Meter } from "./meter.ts";
import { MAX_SERIES, METRICS, type MetricEntry, type MetricName } from "./metric-catalogue.ts";

/**
 * What was counted and timed, ready to be read at any time. A call counts a dozen things, so counting is a look-up by the
 * values of the labels and an addition; the library that exports it is not needed for it.
 *
 * Owns the series of every counter and histogram since the process began.
 * - T1 A series is one combination of label values, in the catalogue's order. It only grows, and is never forgotten.
 * - T2 A metric has at most {@link MAX_SERIES} series. What comes beyond is counted in one that has no labels of its own.
 * - T3 A value is in the first bucket whose bound it does not exceed; those beyond the last bound have one of their own.
 */
export interface Tally {
  readonly meter: Meter;
  /** The metrics that have counted something, in the catalogue's order. Their series go on counting. */
  read(): readonly TalliedMetric[];
}

export type TalliedMetric =
  | { readonly kind: "counter"; readonly name: MetricName; readonly series: readonly Counted[] }
  | {
      readonly kind: "histogram";
      readonly name: MetricName;
      readonly bounds: readonly number[];
      readonly series: readonly Timed[];
    };

export type SeriesLabels = { readonly [label: string]: string };

export interface Counted {
  readonly labels: SeriesLabels;
  count: number;
}

/** In seconds. */
export interface Timed extends Counted {
  sum: number;
  least: number;
  most: number;
  /** One more than there are bounds. */
  readonly buckets: number[];
}

/** The labels of everything beyond {@link MAX_SERIES}, by the name that OpenTelemetry gives it. */
const OVERFLOW: SeriesLabels = { "otel.metric.overflow": "true" };

/** From the fastest answer out of memory to the longest wait that a call may have. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** Instances live for as long as people take. */
const LONG_SECONDS = [0.01, 0.1, 1, 10, 60, 600, 3600, 21_600, 86_400, 604_800];

export function createTally(): Tally {
  const counters = new Map<string, Family<Counted>>();
  const histograms = new Map<string, Family<Timed> & { readonly bounds: readonly number[] }>();
  for (const [name, { kind, labels }] of Object.entries<MetricEntry>(METRICS)) {
    if (kind === "counter")
      counters.set(
        name,
        createFamily(labels, (own) => ({ labels: own, count: 0 })),
      );
    if (kind !== "histogram") continue;
    const bounds = name === "flowgate_workflow_duration_seconds" ? LONG_SECONDS : SECONDS;
    histograms.set(name, { bounds, ...createFamily(labels, (own) => emptyTimes(own, bounds.length + 1)) });
  }
  return {
    meter: {
      count(name, labels) {
        const series = counters.get(name)?.of(labels);
        if (series !== undefined) series.count += 1;
      },
      time(name, seconds, labels) {
        const family = histograms.get(name);
        if (family === undefined) return;
        const series = family.of(labels);
        series.count += 1;
        series.sum += seconds;
        series.least = Math.min(series.least, seconds);
        series.most = Math.max(series.most, seconds);
        const { bounds } = family;
        let bucket = 0;
        while (bucket < bounds.length && seconds > (bounds[bucket] as number)) bucket += 1;
        series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
      },
    },
    read() {
      const found: TalliedMetric[] = [];
      for (const name of Object.keys(METRICS) as MetricName[]) {
        const counted = counters.get(name);
        if (counted !== undefined && counted.series.length > 0)
          found.push({ kind: "counter", name, series: counted.series });
        const timed = histograms.get(name);
        if (timed !== undefined && timed.series.length > 0)
          found.push({ kind: "histogram", name, bounds: timed.bounds, series: timed.series });
      }
      return found;
    },
  };
}

/** The series of one metric. */
interface Family<Series> {
  readonly series: readonly Series[];
  of(labels: SeriesLabels): Series;
}

/** A map for each label, the last of which leads to the series: a joined key would be made and hashed anew each time. */
type Branch<Series> = Map<string, Series | Branch<Series>>;

function createFamily<Series extends Counted>(
  labels: readonly string[],
  create: (labels: SeriesLabels) => Series,
): Family<Series> {
  const series: Series[] = [];
  const root: Branch<Series> = new Map();
  const inner = labels.slice(0, -1);
  const last = labels.at(-1);
  let overflow: Series | undefined;
  const add = (own: SeriesLabels): Series => {
    const created = create(own);
    series.push(created);
    return created;
  };
  return {
    series,
    of(given) {
      let branch = root;
      for (const label of inner) {
        const value = given[label] ?? "";
        let next = branch.get(value) as Branch<Series> | undefined;
        if (next === undefined) {
          if (series.length >= MAX_SERIES - 1) return (overflow ??= add(OVERFLOW));
          next = new Map();
          branch.set(value, next);
        }
        branch = next;
      }
      const value = last === undefined ? "" : (given[last] ?? "");
      const known = branch.get(value) as Series | undefined;
      if (known !== undefined) return known;
      // One place is kept for what is beyond all places.
      if (series.length >= MAX_SERIES - 1) return (overflow ??= add(OVERFLOW));
      const created = add(Object.fromEntries(labels.map((label) => [label, given[label] ?? ""])));
      branch.set(value, created);
      return created;
    },
  };
}

function emptyTimes(labels: SeriesLabels, buckets: number): Timed {
  return {
    labels,
    count: 0,
    sum: 0,
    least: Number.POSITIVE_INFINITY,
    most: Number.NEGATIVE_INFINITY,
    buckets: Array.from({ length: buckets }, () => 0),
  };
}
