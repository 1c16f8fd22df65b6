import {
  canonicalJson,
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
import { createReporter, type Report } from "./diagnostics/reporter.ts";
import type { Rewrite } from "./diagnostics/rewrite.ts";
import { createCatalogue, type Catalogue } from "./emit/capabilities.ts";
import { indexConnections } from "./emit/connections.ts";
import { Cursor } from "./emit/cursor.ts";
import { emitSettings } from "./emit/settings.ts";
import { emitWorkflow } from "./emit/workflows.ts";
import { createPathResolver, type World } from "./emit/world.ts";
import { hashDefinition } from "./hash.ts";
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
  const { files, reader, env, digest } = options;
  const reporter = createReporter();
  const { report } = reporter;
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
    const emitted = emit(loaded.root, options, { lock, openapi: openapi.byName }, report);
    policies = emitted?.verdicts ?? [];
    if (emitted !== undefined && !reporter.failed) {
      const { parts } = emitted;
      for (const [id, ir] of Object.entries(parts.workflows)) hashes.set(id, hashDefinition(ir, digest));
      // A definition's hash stands for it: most of a large configuration is not written out a second time.
      const outline = { ...parts, workflows: createRecord<Json>(hashes) };
      const hash = digest.sha256(canonicalJson(outline as unknown as Json));
      const beside = lock.content?.ok === true ? [lock.path] : [];
      const read = [...new Set([...loaded.files, ...openapi.files, ...beside])];
      plan = deepFreeze({ hash, files: read, lockFile: lock.path, ...parts, secrets: loaded.secrets });
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
  readonly parts: Omit<GatewayPlan, "hash" | "files" | "lockFile" | "secrets">;
  readonly verdicts: readonly PolicyVerdict[];
}

function emit(
  rootNode: MapNode,
  { reader, env }: CompileOptions,
  { lock, openapi }: { readonly lock: LockSource; readonly openapi: World["openapi"] },
  report: Report,
): Emitted | undefined {
  if (!checkVersion(rootNode, report)) return undefined;
  const shape = checkShape(CONFIG, rootNode, report);
  checkContradictions(shape, report);
  const root = new Cursor(maskAt(rootNode, shape.masked));
  const paths = createPathResolver(reader, env("HOME"));
  const connections = indexConnections(root, paths, report);
  const workflowIds = new Set(root.entriesOf("workflows").map(({ name }) => name));
  let catalogue: Catalogue | undefined;
  const world: World = {
    report,
    paths,
    connections,
    workflowIds,
    openapi,
    capability: (id, at) => catalogue?.resolve(id, at),
  };
  catalogue = createCatalogue(root, world);
  const workflows = createRecord<WorkflowIr>();
  for (const cursor of root.entriesOf("workflows")) {
    const workflow = emitWorkflow(cursor, world);
    if (workflow !== undefined) workflows[cursor.name] = workflow;
  }
  const { capabilities, exposed, imports } = catalogue.finish();
  const settings = emitSettings(root, paths, report);
  const context: RuleContext = {
    root,
    report,
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
  const parts = {
    connections: connections.finish(),
    capabilities,
    exposed,
    imports,
    workflows,
    policies,
    ...settings,
  };
  return { parts, verdicts };
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
