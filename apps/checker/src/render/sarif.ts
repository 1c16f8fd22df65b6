import { pathToFileURL } from "node:url";
import type { Diagnostic } from "@mcp-flowgate/core";
import { DIAGNOSTIC_CODES, type DiagnosticCode } from "@mcp-flowgate/config-compiler";
import type { CheckedConfig } from "../checked-config.ts";
import { oneLine } from "./plain-text.ts";
import type { RenderOptions } from "./format.ts";

const LEVELS = { error: "error", warning: "warning", notice: "note" } as const;

/** SARIF 2.1.0, for code scanning. */
export function renderSarif(configs: readonly CheckedConfig[], options: RenderOptions): string {
  const diagnostics = configs.flatMap(({ compilation }) => compilation.diagnostics);
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "flowgate-check",
            informationUri: "https://github.com/mcp-flowgate/mcp-flowgate",
            rules: codes.map(toRule),
          },
        },
        columnKind: "utf16CodeUnits",
        results: diagnostics.map((diagnostic) => toResult(diagnostic, codes, options)),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function toRule(code: string): object {
  const entry = DIAGNOSTIC_CODES[code as DiagnosticCode];
  if (entry === undefined) return { id: code };
  return {
    id: code,
    name: code,
    shortDescription: { text: entry.title },
    fullDescription: { text: entry.explanation },
    help: {
      text: `${entry.explanation}\n\n${entry.fix}`,
      markdown: `${entry.explanation}\n\n**Fix:** ${entry.fix}`,
    },
    defaultConfiguration: { level: LEVELS[entry.severity] },
  };
}

function toResult(diagnostic: Diagnostic, codes: readonly string[], options: RenderOptions): object {
  const { code, severity, message, hint, place, pointer } = diagnostic;
  return {
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: LEVELS[severity],
    message: { text: oneLine(hint === undefined ? message : `${message} ${hint}`) },
    ...(place === undefined
      ? {}
      : {
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: toUri(options.showPath(place.file)) },
                region: {
                  startLine: place.line,
                  startColumn: place.column,
                  ...(place.endLine === undefined ? {} : { endLine: place.endLine }),
                  ...(place.endColumn === undefined ? {} : { endColumn: place.endColumn }),
                },
              },
              ...(pointer === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: pointer }] }),
            },
          ],
        }),
  };
}

function toUri(path: string): string {
  if (path.startsWith("/")) return pathToFileURL(path).href;
  return path.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");
}
