import { ok, type Diagnostic, type Digest } from "@mcp-flowgate/core";
import {
  compileConfig,
  type Compilation,
  type Rewrite,
  type SourceReader,
} from "@mcp-flowgate/config-compiler";
import { applyEdits, areApart, type SourceEdit } from "./source-edit.ts";
import { editsOf } from "./step-edits.ts";
import { parseTree, type YamlTree } from "./yaml-tree.ts";

export interface MigrateInput {
  /** Absolute paths of one configuration; the later ones are overlays on the earlier. */
  readonly files: readonly string[];
  readonly reader: SourceReader;
  readonly env: (name: string) => string | undefined;
  readonly digest: Digest;
}

export interface Migration {
  /** Every file of the configuration with its text before and after. */
  readonly files: readonly { readonly file: string; readonly before: string; readonly after: string }[];
  /** The older forms that are gone. */
  readonly rewritten: readonly Diagnostic[];
  /** Those that are left: only a person can say how they are written today. */
  readonly left: readonly Diagnostic[];
  /** The configuration as it was. */
  readonly original: Compilation;
}

/**
 * Writes every older form of a configuration the way it is written today. What comes out is compiled again: a
 * rewriting after which the configuration would mean something else, or err in another way, is not made.
 */
export async function migrate(input: MigrateInput): Promise<Migration> {
  const original = await compileConfig(input);
  const meaning = meaningOf(original);
  let texts = original.sources;
  let current = original;
  const refused = new Set<string>();
  const attempt = async (planned: readonly Planned[]): Promise<void> => {
    const next = edited(texts, planned);
    const compiled = await compileConfig({ ...input, reader: overlaid(input.reader, next) });
    if (meaningOf(compiled) === meaning && compiled.rewrites.length < current.rewrites.length) {
      texts = next;
      current = compiled;
    } else if (planned.length > 1) {
      // Positions move with every rewriting that is made: the other half waits for its own turn.
      await attempt(planned.slice(0, Math.ceil(planned.length / 2)));
    } else for (const { rewrite } of planned) refused.add(nameOf(rewrite.diagnostic));
  };
  // Every turn leaves fewer older forms, or fewer that may be tried.
  for (let planned = plan(current, refused); planned.length > 0; planned = plan(current, refused))
    await attempt(planned);
  const left = current.rewrites.map(({ diagnostic }) => diagnostic);
  const remaining = new Set(left.map(nameOf));
  return {
    files: [...original.sources].map(([file, before]) => ({
      file,
      before,
      after: texts.get(file) ?? before,
    })),
    rewritten: original.rewrites
      .map(({ diagnostic }) => diagnostic)
      .filter((diagnostic) => !remaining.has(nameOf(diagnostic))),
    left,
    original,
  };
}

/** What a configuration does; of one that has errors, what they are. */
function meaningOf({ plan, diagnostics }: Compilation): string {
  if (plan !== undefined) return plan.hash;
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  return JSON.stringify(
    errors.map(({ code, message }) => `${code} ${message.replaceAll(/\d+/g, "")}`).sort(),
  );
}

/** Lines move, so a form is known by what it says and where it stands in the configuration. */
function nameOf({ code, pointer, message }: Diagnostic): string {
  return `${code}\n${pointer ?? ""}\n${message}`;
}

interface Planned {
  readonly rewrite: Rewrite;
  readonly edits: ReadonlyMap<string, readonly SourceEdit[]>;
}

/** The rewritings that can be made at once. */
function plan({ rewrites, sources }: Compilation, refused: ReadonlySet<string>): readonly Planned[] {
  const trees = new Map<string, YamlTree>();
  const taken = new Map<string, SourceEdit[]>();
  const planned: Planned[] = [];
  for (const rewrite of rewrites) {
    if (rewrite.steps === undefined || refused.has(nameOf(rewrite.diagnostic))) continue;
    const edits = new Map<string, SourceEdit[]>();
    const possible = rewrite.steps.every((step) => {
      const { file } = step.at;
      const tree = trees.get(file) ?? parseTree(sources.get(file) ?? "");
      trees.set(file, tree);
      const found = editsOf(step, tree);
      if (found === undefined) return false;
      edits.set(file, [...(edits.get(file) ?? []), ...found]);
      return true;
    });
    if (!possible || ![...edits].every(([file, own]) => areApart(own, taken.get(file) ?? []))) continue;
    for (const [file, own] of edits) taken.set(file, [...(taken.get(file) ?? []), ...own]);
    planned.push({ rewrite, edits });
  }
  return planned;
}

function edited(
  texts: ReadonlyMap<string, string>,
  planned: readonly Planned[],
): ReadonlyMap<string, string> {
  const next = new Map(texts);
  for (const file of texts.keys()) {
    const edits = planned.flatMap((one) => one.edits.get(file) ?? []);
    if (edits.length > 0) next.set(file, applyEdits(texts.get(file) ?? "", edits));
  }
  return next;
}

function overlaid(reader: SourceReader, texts: ReadonlyMap<string, string>): SourceReader {
  return {
    ...reader,
    read: async (path) => {
      const text = texts.get(path);
      return text === undefined ? reader.read(path) : ok(new TextEncoder().encode(text));
    },
  };
}
