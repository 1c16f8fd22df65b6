import { DIAGNOSTIC_CODES, explainPath, nearest, type DiagnosticCode } from "@mcp-flowgate/config-compiler";

export interface ExplainOutput {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/**
 * Explains codes (`FG402`) and keys of the configuration (`workflows.*.states`): as text, or as a JSON array with an entry
 * for each topic in their order. 0: all known, 2: one is not.
 */
export function runExplain(
  topics: readonly string[],
  { write, writeError }: ExplainOutput,
  json = false,
): 0 | 2 {
  const all = topics.map((topic) => ({
    topic,
    ...(isCode(topic) ? explainCode(topic.toUpperCase()) : explainConfig(topic)),
  }));
  if (json) {
    const entries = all.map(({ topic, known, text }) => ({
      topic,
      known,
      ...(known && isCode(topic) ? DIAGNOSTIC_CODES[topic.toUpperCase() as DiagnosticCode] : { text }),
    }));
    write(`${JSON.stringify(entries, null, 2)}\n`);
  } else for (const { known, text } of all) (known ? write : writeError)(`${text}\n`);
  return all.every(({ known }) => known) ? 0 : 2;
}

const isCode = (topic: string): boolean => /^fg\d+$/i.test(topic);

interface Explained {
  readonly known: boolean;
  readonly text: string;
}

/** What a code means, with an example and the fix. */
export function explainCode(code: string): Explained {
  const entry = DIAGNOSTIC_CODES[code as DiagnosticCode];
  if (entry === undefined) {
    const close = nearest(code, Object.keys(DIAGNOSTIC_CODES));
    return {
      known: false,
      text: `there is no code ${code}${close === undefined ? "" : `; did you mean ${close}?`}`,
    };
  }
  const indented = entry.example.replaceAll(/^/gm, "    ");
  return {
    known: true,
    text: `${code}: ${entry.title} (${entry.severity})\n\n${entry.explanation}\n\nExample:\n\n${indented}\n\nFix: ${entry.fix}\n`,
  };
}

/** What a key of the configuration means, by its dotted path; `*` stands for a name. */
export function explainConfig(path: string): Explained {
  const explained = explainPath(path);
  return explained.ok ? { known: true, text: explained.value } : { known: false, text: explained.error };
}
