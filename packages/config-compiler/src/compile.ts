import {
  createRecord,
  deepFreeze,
  type Diagnostic,
  type Digest,
  type GatewayPlan,
  type Json,
  type JsonObject,
  type SourcePlace,
  type WorkflowIr,
} from "@mcp-flowgate/core";
import { openParts, type CompileCache, type Parts, type Question } from "./cache/part.ts";
import { createRecall } from "./cache/recall.ts";
import { createReporter, type Report } from "./diagnostics/reporter.ts";
import type { Rewrite } from "./diagnostics/rewrite.ts";
import { createCatalogue, type Catalogue } from "./emit/capabilities.ts";
import { indexConnections } from "./emit/connections.ts";
import { Cursor } from "./emit/cursor.ts";
import { emitSettings } from "./emit/settings.ts";
import { emitWorkflow } from "./emit/workflows.ts";
import { createPathResolver, type World } from "./emit/world.ts";
import { hashOf } from "./hash.ts";
import { readLock, type LockSource } from "./lock/read-lock.ts";
import { checkContradictions } from "./rules/contradictions.ts";
import { RULES } from "./rules/index.ts";
import { provePolicies, type PolicyVerdict } from "./rules/policies.ts";
import type { RuleContext } from "./rules/rule.ts";
import { createStateGraph } from "./rules/state-graph.ts";
import { checkShape } from "./schema/check-shape.ts";
import { CONFIG } from "./schema/config.ts";
import { normalize } from "./schema/normalize.ts";
import { policies as policiesField } from "./schema/policies.ts";
import { placeOf, quote, type MapNode } from "./source/config-node.ts";
import { loadSources, type SourceReader, type ValueOrigin } from "./source/load.ts";
import { locate } from "./source/locate.ts";
import { maskAt } from "./source/mask.ts";
import { readOpenApiSources } from "./source/read-openapi.ts";

export interface CompileOptions {
  /** Absolute paths; the later ones are overlays on the earlier. */
  readonly files: readonly string[];
  readonly reader: SourceReader;
  readonly env: (name: string) => string | undefined;
  readonly digest: Digest;
  /** What was found out about the same files before; the outcome is the same with it and without. */
  readonly cache?: CompileCache;
}

export interface Compilation {
  /** The plan, when there is no error. Frozen. */
  readonly plan?: GatewayPlan;
  /** Everything that was found, in the order of files and lines. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text of each configuration file, as written, for excerpts. */
  readonly sources: ReadonlyMap<string, string>;
  /** SHA-256 of each workflow's definition, by id. */
  readonly workflowHashes: ReadonlyMap<string, string>;
  /** What was found out about each policy. */
  readonly policies: readonly PolicyVerdict[];
  /** Every older form in the sources, and how it is written today. */
  readonly rewrites: readonly Rewrite[];
  /** The variables and secret files that values were taken from, each once. */
  readonly origins: readonly ValueOrigin[];
  /** Where the key (of a list, the item) at a JSON pointer into the merged configuration stands, or the nearest above it. */
  placeOf(pointer: string): SourcePlace | undefined;
}

/** Compiles configuration files into a plan, or says everything that is wrong with them. Never throws for their content. */
export async function compileConfig(options: CompileOptions): Promise<Compilation> {
  const { files, reader, env, digest, cache } = options;
  const reporter = createReporter();
  const { report } = reporter;
  const parts = openParts(cache, () => reporter.count);
  const loaded = await loadSources(files, reader, env, report);
  const order = loaded.sources.map(({ file }) => file);
  const sources = new Map(loaded.sources.map(({ file, text }) => [file, text]));
  const hashes = new Map<string, string>();
  let plan: GatewayPlan | undefined;
  let policies: readonly PolicyVerdict[] = [];
  if (loaded.root !== undefined) {
    const paths = createPathResolver(reader, env("HOME"));
    const lock = await readLock(loaded.root, files[0] ?? "", paths, reader, digest);
    const openapi = await readOpenApiSources(loaded.root, paths, reader, report);
    const emitted = emit(loaded.root, options, { lock, openapi: openapi.byName, parts }, report);
    policies = emitted?.verdicts ?? [];
    if (emitted !== undefined && !reporter.failed) {
      const { content } = emitted;
      const hashed = (record: { readonly [id: string]: object }): readonly (readonly [string, string])[] =>
        Object.entries(record).map(([id, ir]) => [id, parts.hashOf(ir, () => hashOf(ir as Json, digest))]);
      for (const [id, hash] of hashed(content.workflows)) hashes.set(id, hash);
      // The hash of a definition stands for it: what did not change since the last time is not written out again.
      const capabilities = createRecord<Json>(hashed(content.capabilities));
      const outline = { ...content, workflows: createRecord<Json>(hashes), capabilities };
      const hash = hashOf(outline as unknown as Json, digest);
      const beside = lock.content?.ok === true ? [lock.path] : [];
      const read = [...new Set([...loaded.files, ...openapi.files, ...beside])];
      plan = deepFreeze({ hash, files: read, lockFile: lock.path, ...content, secrets: loaded.secrets });
      parts.keep();
    }
  }
  return {
    ...(plan === undefined ? {} : { plan }),
    diagnostics: masked(reporter.sorted(order), loaded.secrets),
    sources,
    workflowHashes: hashes,
    policies,
    rewrites: reporter.rewrites(),
    origins: loaded.origins,
    placeOf(pointer) {
      return loaded.root === undefined ? undefined : placeOf(locators(loaded.root).keyAt(pointer));
    },
  };
}

/** Messages quote the configuration; values that came from outside are never shown. */
function masked(diagnostics: readonly Diagnostic[], secrets: readonly string[]): readonly Diagnostic[] {
  if (secrets.length === 0) return diagnostics;
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  const mask = (text: string): string =>
    longestFirst.reduce((masked, secret) => masked.replaceAll(secret, "(secret)"), text);
  return diagnostics.map((one) => ({
    ...one,
    message: mask(one.message),
    ...(one.hint === undefined ? {} : { hint: mask(one.hint) }),
  }));
}

interface Emitted {
  readonly content: Omit<GatewayPlan, "hash" | "files" | "lockFile" | "secrets">;
  readonly verdicts: readonly PolicyVerdict[];
}

function emit(
  rootNode: MapNode,
  { reader, env }: CompileOptions,
  {
    lock,
    openapi,
    parts,
  }: { readonly lock: LockSource; readonly openapi: World["openapi"]; readonly parts: Parts },
  report: Report,
): Emitted | undefined {
  if (!checkVersion(rootNode, report)) return undefined;
  const shape = checkShape(CONFIG, rootNode, report, undefined, parts);
  checkContradictions(shape, report);
  const root = new Cursor(maskAt(rootNode, shape.masked));
  const paths = createPathResolver(reader, env("HOME"));
  const connections = indexConnections(root, paths, report);
  const workflowIds = new Set(root.entriesOf("workflows").map(({ name }) => name));
  let catalogue: Catalogue | undefined;
  const still = (question: Question): boolean => {
    switch (question.about) {
      case "connection":
        return connections.useAgain(question.name, question.kind);
      case "capability":
        return catalogue?.isStill(question.id, question.answer) === true;
      case "workflow":
        return workflowIds.has(question.id);
      default:
        return question satisfies never;
    }
  };
  const recall = createRecall(parts, still);
  const world: World = {
    report,
    recall,
    paths,
    connections: {
      ...connections,
      use(name, kind) {
        recall.note({ about: "connection", name: name.value ?? "", kind });
        connections.use(name, kind);
      },
    },
    workflowIds,
    openapi,
    capability: (id, at) => catalogue?.resolve(id, at),
  };
  catalogue = createCatalogue(root, world, parts);
  const workflows = createRecord<WorkflowIr>();
  for (const cursor of root.entriesOf("workflows")) {
    const part = parts.of(cursor.node, "workflow", cursor.name);
    const workflow = recall.emit(part, () => emitWorkflow(cursor, world));
    if (workflow !== undefined) workflows[cursor.name] = workflow;
  }
  const { capabilities, exposed, imports } = catalogue.finish();
  const settings = emitSettings(root, paths, report);
  const context: RuleContext = {
    root,
    report,
    parts,
    settings,
    capabilities,
    workflows,
    lock,
    graphs: new Map(Object.entries(workflows).map(([id, ir]) => [id, createStateGraph(ir)])),
    ...locators(rootNode),
  };
  for (const rule of RULES) rule(context);
  const verdicts = provePolicies(context);
  const policies = (normalize(policiesField, root.get("policies")?.node) ??
    []) as unknown as readonly JsonObject[];
  const content = {
    connections: connections.finish(),
    capabilities,
    exposed,
    imports,
    workflows,
    policies,
    ...settings,
  };
  return { content, verdicts };
}

const SUPPORTED_MAJOR = "1";

/** A document of another major version means other things by the same words: nothing else is said about it. */
function checkVersion(root: MapNode, report: Report): boolean {
  const version = root.entries.get("version")?.value;
  if (
    version?.kind !== "scalar" ||
    version.value === null ||
    version.value === true ||
    version.value === false
  )
    return true;
  const text = String(version.value);
  const [, major] = /^(\d+)(?:\.|$)/.exec(text) ?? [];
  if (major === undefined || major === SUPPORTED_MAJOR) return true;
  report("FG205", version, `version ${quote(text)} is not supported; this is version 1 of the format`, {
    pointer: "/version",
    hint: 'Write `version: "1.0.0"`.',
  });
  return false;
}

function locators(root: MapNode): Pick<RuleContext, "valueAt" | "keyAt"> {
  return {
    valueAt: (pointer) => locate(root, pointer).value,
    keyAt: (pointer) => locate(root, pointer).key,
  };
}
