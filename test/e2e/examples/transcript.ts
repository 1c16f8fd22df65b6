import { readFileSync, writeFileSync } from "node:fs";

const BEGIN = "<!-- transcript: written by the test that drives this example -->";
const END = "<!-- end of transcript -->";

/**
 * What was called and answered, shortened to what a reader needs: ids become `wf_1`, answers their status, state,
 * links, error and what they brought. A README that holds a transcript is compared with what really happened.
 */
export class Transcript {
  readonly #lines: string[] = [];
  readonly #names = new Map<string, string>();
  readonly #replacements: readonly (readonly [from: string, to: string])[];

  constructor(replacements: readonly (readonly [from: string, to: string])[]) {
    this.#replacements = replacements;
  }

  say(text: string): void {
    this.#lines.push("", `# ${text}`);
  }

  call(tool: string, args: object, body: any): void {
    const shown =
      tool === "workflow.submit"
        ? submitted(args as any)
        : Object.keys(args).length === 0
          ? ""
          : ` ${JSON.stringify(args)}`;
    this.#lines.push("", `> ${tool}${shown}`, ...answerLines(body));
  }

  command(words: readonly string[], printed: string): void {
    const shown = words.map((word) => (/^[\w./:@=-]+$/.test(word) ? word : `'${word}'`)).join(" ");
    this.#lines.push("", `$ ${shown}`, ...printed.trim().split("\n"));
  }

  text(): string {
    let text = this.#lines.join("\n").trim();
    for (const [from, to] of this.#replacements) text = text.replaceAll(from, to);
    return text.replace(/\b(wf|ap|ev|cor)_[\w-]+/g, (id, kind: string) => this.#nameOf(id, kind));
  }

  /** What the README holds, and what it should hold. With `UPDATE_TRANSCRIPTS=1` it is written instead. */
  inReadme(file: string): { readonly held: string; readonly happened: string } {
    const text = readFileSync(file, "utf8");
    const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
    if (from === -1 || to === -1) throw new Error(`${file} has no place for a transcript`);
    const block = `${BEGIN}\n\n\`\`\`text\n${this.text()}\n\`\`\`\n\n`;
    if (process.env["UPDATE_TRANSCRIPTS"] === "1")
      writeFileSync(file, text.slice(0, from) + block + text.slice(to));
    const held = process.env["UPDATE_TRANSCRIPTS"] === "1" ? block : text.slice(from, to);
    return { held, happened: block };
  }

  #nameOf(id: string, kind: string): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const name = `${kind}_${[...this.#names.values()].filter((each) => each.startsWith(`${kind}_`)).length + 1}`;
    this.#names.set(id, name);
    return name;
  }
}

function submitted({
  transition,
  arguments: args,
}: {
  readonly transition: string;
  readonly arguments?: object;
}): string {
  return ` ${transition}${args === undefined ? "" : ` ${cut(JSON.stringify(args), 160)}`}`;
}

function answerLines(body: any): string[] {
  if (body?.workflow === undefined) return itemLines(body);
  const links = (body.links as { readonly rel: string }[]).map((link) => link.rel);
  return [
    `${body.result.status}, state ${body.workflow.state}${links.length === 0 ? "" : `, links: ${links.join(", ")}`}`,
    ...(body.error === undefined ? [] : [`  ${body.error.code}: ${cut(body.error.message, 200)}`]),
    ...(body.chain ?? []).map((step: any) => `  ${step.fromState} --${step.transition}--> ${step.toState}`),
    ...(body.result.output === undefined || body.result.status === "rejected"
      ? []
      : [`  output ${outputOf(body.result.output)}`]),
    ...(body.approvals ?? []).map((approval: any) => `  ${approval.id} waits in the queue ${approval.queue}`),
  ];
}

function itemLines(body: any): string[] {
  if (body?.error !== undefined)
    return [body.result.status, `  ${body.error.code}: ${cut(body.error.message, 200)}`];
  if (body?.counts !== undefined) {
    const { capabilities, workflows, connections } = body.counts;
    const topics = body.topics.map(({ tag, count }: any) => `${tag} ${count}`).join(", ");
    return [
      `${capabilities} capabilities, ${workflows} workflows, ${connections} connections; topics: ${topics}`,
    ];
  }
  if (body?.items === undefined) return [`  ${cut(JSON.stringify(body), 300)}`];
  return [
    `${body.items.length} of ${body.total}`,
    ...body.items.map((item: any) => `  ${item.id} ${item.signature ?? ""}`.trimEnd()),
  ];
}

/** Of a command and of an HTTP answer what it said, without what differs from run to run. */
function outputOf(output: any): string {
  if (typeof output?.exitCode === "number")
    return output.json === null || output.json === undefined
      ? `exit code ${output.exitCode}`
      : cut(JSON.stringify(output.json), 160);
  if (typeof output?.status === "number" && "body" in output)
    return `${output.status} ${cut(JSON.stringify(output.body), 160)}`;
  return cut(JSON.stringify(output), 160);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
