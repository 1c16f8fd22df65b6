import { resolve } from "node:path";
import {
  compileConfig,
  readScenarios,
  type Compilation,
  type ScenarioStep,
} from "@mcp-flowgate/config-compiler";
import type { GatewayPlan, SourcePlace } from "@mcp-flowgate/core";
import { createNodeReader } from "flowgate-check";
import { systemDigest } from "../host/ids.ts";
import { createCoverage } from "../scenarios/coverage.ts";
import { playScenario, type Played } from "../scenarios/play-scenario.ts";
import { countOf, renderReport, type FileReport, type ScenarioReport } from "../scenarios/report.ts";
import { CommandError } from "./command-error.ts";
import { renderFindings } from "./load.ts";

export interface TestOptions {
  readonly only?: string;
  readonly json?: boolean;
}

/** `test FILES`: plays scenarios against their configurations. Nothing outside is called. */
export async function testScenarios(
  files: readonly string[],
  { only, json }: TestOptions,
  write: (text: string) => void,
): Promise<void> {
  const reports: FileReport[] = [];
  for (const file of files) reports.push(await testFile(file, only));
  const counts = countOf(reports);
  if (counts.passed + counts.failed === 0)
    throw new CommandError(`No scenario's name has ${JSON.stringify(only)} in it.`, 2);
  write(
    json === true ? `${JSON.stringify({ files: reports, ...counts }, null, 2)}\n` : renderReport(reports),
  );
  if (counts.failed > 0) process.exitCode = 1;
}

async function testFile(file: string, only: string | undefined): Promise<FileReport> {
  const path = resolve(file);
  const reader = createNodeReader();
  const bytes = await reader.read(path);
  if (!bytes.ok) throw new CommandError(`${file} cannot be read: ${bytes.error.message}.`, 2);
  const read = readScenarios(path, bytes.value);
  const scenarios = read.file;
  if (scenarios === undefined) {
    process.stderr.write(
      renderFindings([path], { ...EMPTY, diagnostics: read.diagnostics, sources: read.sources }),
    );
    throw new CommandError(`${file} is not a file of scenarios; nothing was played.`);
  }
  const configs = scenarios.config.map((config) => reader.resolve(reader.directory(path), config));
  const compilation = await compileConfig({
    files: configs,
    reader,
    env: (name) => (Object.hasOwn(scenarios.env, name) ? scenarios.env[name] : process.env[name]),
    digest: systemDigest,
  });
  const { plan } = compilation;
  if (plan === undefined) {
    process.stderr.write(renderFindings(configs, compilation));
    throw new CommandError(`The configuration of ${file} has errors; nothing was played.`);
  }
  const coverage = createCoverage(plan);
  const reports: ScenarioReport[] = [];
  for (const [index, scenario] of scenarios.scenarios.entries()) {
    if (only !== undefined && !scenario.name.includes(only)) continue;
    const played = await playScenario(scenario, { plan, file: scenarios, digest: systemDigest });
    coverage.add(played.events);
    reports.push(
      toReport(played, scenario.steps, `/scenarios/${index}/steps`, plan, (at) => read.placeOf(at)),
    );
  }
  // Of some of the scenarios it would not say what all of them cover.
  return { file, scenarios: reports, uncovered: only === undefined ? coverage.uncovered() : [] };
}

function toReport(
  { name, failure }: Played,
  steps: readonly ScenarioStep[],
  pointer: string,
  plan: GatewayPlan,
  placeOf: (pointer: string) => SourcePlace | undefined,
): ScenarioReport {
  if (failure === undefined) return { name, passed: true };
  const at = `${pointer}/${failure.step}`;
  const problems = failure.mismatches.map(({ member, problem }) => {
    const place = placeOf(member === undefined ? at : `${at}/expect/${member}`);
    return { problem: masked(problem, plan), ...(place === undefined ? {} : { place }) };
  });
  const step = `step ${failure.step + 1}, ${wordsOf(steps[failure.step])}`;
  return { name, passed: false, failure: { step, problems, message: masked(failure.message, plan) } };
}

function wordsOf(step: ScenarioStep | undefined): string {
  if (step === undefined) return "";
  if ("start" in step) return `start ${step.start.definitionId}`;
  if ("submit" in step) return `submit ${step.submit.transition}`;
  return Object.keys(step).find((verb) => verb !== "expect") ?? "";
}

/** What the configuration has from variables and files is in no report. */
function masked(text: string, { secrets }: GatewayPlan): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, "(secret)"), text);
}

const EMPTY: Omit<Compilation, "diagnostics" | "sources"> = {
  workflowHashes: new Map(),
  policies: [],
  rewrites: [],
  origins: [],
  placeOf: () => undefined,
};
