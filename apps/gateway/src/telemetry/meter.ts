import type {
  CounterName,
  HistogramName,
  MetricLabels,
  MetricName,
  SampledName,
} from "./metric-catalogue.ts";

/** The values of a metric's labels: each of them, and no other. */
export type LabelsOf<Name extends MetricName> = {
  readonly [Label in MetricLabels[Name]]: string;
};

/** Where things are counted as they happen. Cheap: called several times in every call. */
export interface Meter {
  count<Name extends CounterName>(name: Name, labels: LabelsOf<Name>): void;
  /** @param seconds how long it took */
  time<Name extends HistogramName>(name: Name, seconds: number, labels: LabelsOf<Name>): void;
}

/** Takes what a look at the running parts finds. */
export interface Samples {
  put<Name extends SampledName>(name: Name, value: number, labels: LabelsOf<Name>): void;
}

/** Looks at the running parts. What it cannot find out it leaves out. */
export type Sampler = (samples: Samples) => Promise<void>;
