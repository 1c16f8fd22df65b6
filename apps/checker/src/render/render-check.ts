import type { CheckedConfig } from "../checked-config.ts";
import { renderGithub } from "./github.ts";
import { renderJson } from "./json.ts";
import { renderJunit } from "./junit.ts";
import { renderPretty } from "./pretty.ts";
import { renderSarif } from "./sarif.ts";
import type { RenderOptions } from "./format.ts";

/** What was found, in one of the formats, with a line end at the end where there is anything. */
export function renderCheck(configs: readonly CheckedConfig[], options: RenderOptions): string {
  switch (options.format) {
    case "pretty":
      return renderPretty(configs, options);
    case "json":
      return renderJson(configs, options);
    case "sarif":
      return renderSarif(configs, options);
    case "github":
      return renderGithub(configs, options);
    case "junit":
      return renderJunit(configs, options);
    default:
      return options.format satisfies never;
  }
}
