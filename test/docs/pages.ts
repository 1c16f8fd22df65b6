import { globSync, readFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT: string = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
/** The published command, which the setup of the run has made of the sources. */
export const GATEWAY: string = join(process.env["FLOWGATE_TEST_GATEWAY"] ?? "", "bin/mcp-flowgate.mjs");

export interface Sample {
  /** `README.md:12`. */
  readonly place: string;
  readonly language: string;
  /** What stands behind the language in the fence's first line; readers do not see it. */
  readonly marks: readonly string[];
  readonly code: string;
  /** The `text output` block that follows, if one does. */
  readonly output?: string;
}

/** Every page of the documentation, seen from the root. */
export function pages(): readonly string[] {
  return [
    "*.md",
    "docs/**/*.md",
    "examples/*.md",
    "examples/*/README.md",
    "{packages/*,packages/*/*,apps/*,bench,conformance}/*.md",
  ]
    .flatMap((pattern) =>
      globSync(pattern, { cwd: ROOT, exclude: (name) => name === "node_modules" || name === "dist" }),
    )
    .map((file) => file.split(sep).join("/"))
    .filter((file) => !file.endsWith("CHANGELOG.md"))
    .toSorted();
}

/** The fenced blocks of a page. */
export function samples(page: string): readonly Sample[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  const blocks = [...text.matchAll(/^(`{3,})(\w*)([^\n`]*)\n([\s\S]*?)^\1[ \t]*$/gm)].map((match) => ({
    index: match.index,
    end: match.index + match[0].length,
    language: match[2] ?? "",
    marks: (match[3] ?? "")
      .trim()
      .split(/\s+/)
      .filter((mark) => mark !== ""),
    code: match[4] ?? "",
  }));
  return blocks.map((block, position) => {
    const next = blocks[position + 1];
    const isOutput =
      next !== undefined &&
      next.language === "text" &&
      next.marks.includes("output") &&
      text.slice(block.end, next.index).trim() === "";
    return {
      place: `${page}:${text.slice(0, block.index).split("\n").length}`,
      language: block.language,
      marks: block.marks,
      code: block.code,
      ...(isOutput ? { output: next.code } : {}),
    };
  });
}

/** Links of a page that lead to files of the repository, without their anchors. */
export function fileLinks(page: string): readonly string[] {
  const text = readFileSync(join(ROOT, page), "utf8")
    .replace(/^(`{3,})[\s\S]*?^\1[ \t]*$/gm, "")
    .replace(/`[^`\n]*`/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => (match[1] ?? "").split("#")[0] ?? "")
    .filter((link) => link !== "" && !/^[a-z]+:/i.test(link));
}

/** Whether a text is what was shown of it: `…` stands for anything within a line, a line of `…` for any lines. */
export function shows(shown: string, printed: string): boolean {
  const pattern = shown
    .trim()
    .split("\n")
    .map((line) =>
      line.trim() === "…" ? "(?:[^\\n]*\\n)*?[^\\n]*" : line.trimEnd().split("…").map(escape).join("[^\\n]*"),
    )
    .join("\\s*\\n");
  return new RegExp(`^${pattern}$`).test(printed.trim());
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
