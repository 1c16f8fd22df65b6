import type { CheckedConfig } from "../checked-config.ts";
import type { RenderOptions } from "./format.ts";

/** Workflow commands that GitHub Actions shows at the lines of a change. */
export function renderGithub(configs: readonly CheckedConfig[], options: RenderOptions): string {
  const lines = configs.flatMap(({ compilation }) =>
    compilation.diagnostics.map(({ code, severity, message, hint, place }) => {
      const properties = [
        ...(place === undefined
          ? []
          : [
              `file=${property(options.showPath(place.file))}`,
              `line=${place.line}`,
              `col=${place.column}`,
              ...(place.endLine === undefined ? [] : [`endLine=${place.endLine}`]),
              ...(place.endColumn === undefined ? [] : [`endColumn=${place.endColumn}`]),
            ]),
        `title=${property(code)}`,
      ];
      return `::${severity} ${properties.join(",")}::${data(hint === undefined ? message : `${message} ${hint}`)}`;
    }),
  );
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

/** The escapes of https://github.com/actions/toolkit (core/src/command.ts). */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
