import { fails, type CheckedConfig } from "../checked-config.ts";
import type { RenderOptions } from "./format.ts";

/** JUnit XML: a suite for each configuration; what fails is a failure, the rest is written to `system-out`. */
export function renderJunit(configs: readonly CheckedConfig[], options: RenderOptions): string {
  const suites = configs.map(({ files, compilation }) => {
    const name = files.map(options.showPath).join(" + ");
    const failing = compilation.diagnostics.filter((one) => fails(one, options.strict));
    const rest = compilation.diagnostics.filter((one) => !fails(one, options.strict));
    const cases = failing.map(({ code, message, hint, place }) => {
      const where =
        place === undefined ? "" : `${options.showPath(place.file)}:${place.line}:${place.column}`;
      const body = [where, message, hint].filter((part) => part !== undefined && part !== "").join("\n");
      return [
        `    <testcase classname="${xml(name)}" name="${xml(`${code} ${where}`)}">`,
        `      <failure type="${xml(code)}" message="${xml(message)}">${xml(body)}</failure>`,
        "    </testcase>",
      ].join("\n");
    });
    if (failing.length === 0) cases.push(`    <testcase classname="${xml(name)}" name="configuration"/>`);
    const lines = rest.map(({ code, severity, message, place }) =>
      [
        place === undefined ? "" : `${options.showPath(place.file)}:${place.line}: `,
        `${severity} ${code}: ${message}`,
      ].join(""),
    );
    const output = lines.length === 0 ? [] : [`    <system-out>${xml(lines.join("\n"))}</system-out>`];
    return [
      `  <testsuite name="${xml(name)}" tests="${cases.length}" failures="${failing.length}" errors="0">`,
      ...cases,
      ...output,
      "  </testsuite>",
    ].join("\n");
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="flowgate-check">\n${suites.join("\n")}\n</testsuites>\n`;
}

/** Characters that XML 1.0 cannot hold are left out. */
function xml(text: string): string {
  return text
    .replaceAll(/(?![\t\n\r])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
