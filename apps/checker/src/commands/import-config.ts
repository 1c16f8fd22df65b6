import { readFile } from "node:fs/promises";
import type { Json } from "@mcp-flowgate/core";
import type { stringify as writeYaml } from "yaml";
import type { Converted } from "../foreign/mcpg.ts";
import { writeNewFile } from "./write-new-file.ts";

export interface ImportConfigOptions {
  readonly file: string;
  /** Where to write it; left out, the text goes to the output. */
  readonly output?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export interface ImportConfigOutput {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/** Converts the configuration of another gateway. 0: all of it, 1: parts are missing or it cannot be read or written. */
export async function runImportConfig(
  options: ImportConfigOptions,
  { write, writeError }: ImportConfigOutput,
): Promise<0 | 1> {
  // Nothing else needs these: a plain check starts without them.
  const [{ parse, stringify }, { convertMcpg, isMcpg }] = await Promise.all([
    import("yaml"),
    import("../foreign/mcpg.ts"),
  ]);
  const { file } = options;
  let document: Json;
  try {
    document = parse(await readFile(file, "utf8")) as Json;
  } catch (thrown) {
    const [why] = (thrown instanceof Error ? thrown.message : String(thrown)).split("\n");
    writeError(`${file} cannot be read: ${why}\n`);
    return 1;
  }
  if (!isMcpg(document)) {
    writeError(
      `${file} is not a configuration of MCPG. The files of Open MCP Gateway need no conversion: serve them as they are, or name them in \`include\`.\n`,
    );
    return 1;
  }
  const converted = convertMcpg(document);
  const text =
    options.json === true ? `${JSON.stringify(converted, null, 2)}\n` : render(file, converted, stringify);
  if (options.output === undefined) write(text);
  else {
    const problem = await writeNewFile(options.output, text, options.force === true);
    if (problem !== undefined) {
      writeError(`${problem}\n`);
      return 1;
    }
  }
  const { losses } = converted;
  for (const { at, why } of losses) writeError(`not taken over: ${at}: ${why}\n`);
  writeError(
    losses.length === 0
      ? "everything was taken over\n"
      : `${losses.length} part${losses.length === 1 ? " was" : "s were"} not taken over; the file lists them\n`,
  );
  return losses.length === 0 ? 0 : 1;
}

function render(file: string, { config, losses }: Converted, stringify: typeof writeYaml): string {
  const lost = losses.map(({ at, why }) => `#   ${at}: ${why.replaceAll("\n", " ")}\n`).join("");
  return [
    `# Converted from ${file} (MCPG).\n`,
    losses.length === 0 ? "" : `# Not taken over:\n${lost}`,
    stringify(config, { lineWidth: 120, aliasDuplicateObjects: false }),
  ].join("");
}
