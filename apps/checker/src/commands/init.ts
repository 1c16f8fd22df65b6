import { nearest } from "@mcp-flowgate/config-compiler";
import { TEMPLATES } from "../templates/templates.ts";
import { writeNewFile } from "./write-new-file.ts";

export interface InitOptions {
  /** A name of {@link TEMPLATES}; left out, `hello`. */
  readonly template?: string;
  /** Where to write it; left out, the text goes to the output. */
  readonly output?: string;
  /** Replaces a file that is there. */
  readonly force?: boolean;
}

export interface InitOutput {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/** Writes a starting configuration. 0: written, 1: the file is there or cannot be written, 2: no such template. */
export async function runInit(options: InitOptions, { write, writeError }: InitOutput): Promise<0 | 1 | 2> {
  const name = options.template ?? "hello";
  const template = Object.hasOwn(TEMPLATES, name) ? TEMPLATES[name] : undefined;
  if (template === undefined) {
    const names = Object.keys(TEMPLATES);
    const close = nearest(name, names);
    const hint = close === undefined ? `they are ${names.join(", ")}` : `did you mean ${close}?`;
    writeError(`there is no template ${JSON.stringify(name)}; ${hint}\n`);
    return 2;
  }
  if (options.output === undefined) {
    write(template.text);
    return 0;
  }
  const problem = await writeNewFile(options.output, template.text, options.force === true);
  if (problem !== undefined) {
    writeError(`${problem}\n`);
    return 1;
  }
  writeError(`wrote ${options.output} (${name}: ${template.about})\n`);
  return 0;
}
